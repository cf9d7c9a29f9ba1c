/** Files on their way to the office: resumable (tus), by whatever network there is. Does not touch the page. */
import { Upload } from "tus-js-client";
import { codeOf, type Moving, Pace } from "./pace-wire.ts";

export interface Sent {
  id: string;
  name: string;
  bytes: number;
  received: number;
  state: "arriving" | "checking" | "working" | "ready" | "admitted" | "refused";
  reason: string | null;
  jobs: { id: string; kind: string; state: string; done: number; reason: string | null }[];
}

export interface Told {
  moving(now: Moving): void;
  waiting(): void; // the network is away; it is tried again by itself
  done(): void;
  failed(code: string): void;
}

const PAUSES = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]; // ms; then over and over for as long as the page is open
const CHUNK = 256 * 1024 * 1024; // proxies limit a request's body; a broken one loses nothing that arrived

/** Send one file, or go on with it where an earlier page left off: known by its name, size and date. */
export class Sender {
  private upload: Upload | null = null;
  private readonly pace = new Pace();

  constructor(
    private readonly file: File,
    private readonly survey: string,
    private readonly csrf: string,
    private readonly told: Told,
    private readonly path = "",
  ) {}

  /** As the server names it, once it was begun. */
  get id(): string | null {
    return this.upload?.url?.split("/").pop() ?? null;
  }

  async start(): Promise<void> {
    const upload = new Upload(this.file, {
      endpoint: "/api/v1/uploads",
      chunkSize: CHUNK,
      headers: { "X-CSRF-Token": this.csrf },
      metadata: {
        filename: this.file.name,
        survey: this.survey,
        type: this.file.type,
        modified: new Date(this.file.lastModified).toISOString(),
        ...(this.path ? { path: this.path } : {}),
      },
      retryDelays: PAUSES,
      removeFingerprintOnSuccess: true,
      fingerprint: async (file) => {
        const one = file as File;
        return ["takan", this.survey, this.path || one.name, one.size, one.lastModified].join("|");
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
        if (again) this.told.waiting();
        return again;
      },
      onProgress: (sent, total) => this.told.moving(this.pace.tell(performance.now() / 1000, sent, total)),
      onSuccess: () => this.told.done(),
      onError: (error) => {
        const answer = "originalResponse" in error ? error.originalResponse : null;
        const status = answer?.getStatus() ?? 0;
        if (status === 0 || status >= 500) {
          this.told.waiting();
          setTimeout(() => upload.start(), 30_000);
          return;
        }
        this.told.failed(codeOf(answer?.getBody() ?? "") ?? `status-${status}`);
      },
    });
    this.upload = upload;
    const earlier = await upload.findPreviousUploads();
    if (earlier[0]) upload.resumeFromPreviousUpload(earlier[0]);
    upload.start();
  }

  pause(): void {
    void this.upload?.abort();
  }

  goOn(): void {
    this.upload?.start();
  }

  async giveUp(): Promise<void> {
    await this.upload?.abort(true);
  }
}
