/** The phone's camera, microphone, torch and screen: asked for kindly, lost and found again. */

export type Facing = "environment" | "user";

export interface Capture {
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  facing: Facing;
}

/** Why there is no camera, as the key part of "camera.<code>". */
export function failureOf(error: unknown): "denied" | "missing" | "busy" | "insecure" {
  if (!navigator.mediaDevices) return "insecure";
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export async function openCamera(facing: Facing): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, facingMode: { ideal: facing } } });
  return stream.getVideoTracks()[0]!;
}

export async function openMicrophone(): Promise<MediaStreamTrack | null> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
    return stream.getAudioTracks()[0] ?? null;
  } catch (error) {
    if (error instanceof DOMException) return null; // picture alone is worth having
    throw error;
  }
}

/** Both in one question to the person where that can be; the camera alone where there is no microphone. */
export async function openBoth(facing: Facing): Promise<Capture> {
  if (!navigator.mediaDevices) throw new DOMException("no secure page", "SecurityError");
  try {
    const wanted = { video: { ...SIZE, facingMode: { ideal: facing } }, audio: SOUND };
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    return { video: stream.getVideoTracks()[0] ?? null, audio: stream.getAudioTracks()[0] ?? null, facing };
  } catch (error) {
    if (failureOf(error) !== "missing") throw error;
    return { video: await openCamera(facing), audio: null, facing };
  }
}

/** Whether the picture should be shown as in a mirror. */
export function isFront(track: MediaStreamTrack | null): boolean {
  return track?.getSettings().facingMode === "user";
}

type Torch = MediaTrackCapabilities & { torch?: boolean };

export function hasTorch(track: MediaStreamTrack | null): boolean {
  return Boolean(track && "getCapabilities" in track && (track.getCapabilities() as Torch).torch);
}

export async function setTorch(track: MediaStreamTrack, on: boolean): Promise<boolean> {
  try {
    await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    return on;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/** Keeps the screen on while the page is seen; a browser that cannot simply does not. */
export class Awake {
  private lock: WakeLockSentinel | null = null;
  private wanted = false;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (this.wanted && document.visibilityState === "visible") void this.take();
    });
  }

  async keep(): Promise<void> {
    this.wanted = true;
    await this.take();
  }

  async release(): Promise<void> {
    this.wanted = false;
    await this.lock?.release();
  }

  private async take(): Promise<void> {
    if (!("wakeLock" in navigator) || (this.lock && !this.lock.released)) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // low battery, or not seen at this moment
    }
  }
}

interface Battery extends EventTarget {
  level: number;
  charging: boolean;
}

export async function battery(): Promise<Battery | null> {
  const get = (navigator as Navigator & { getBattery?: () => Promise<Battery> }).getBattery;
  return get ? get.call(navigator) : null;
}

/** How loud a microphone is, 0 to 1, told ten times a second until the returned function is called. */
export function listenTo(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    tell(Math.min(1, Math.sqrt(power) * 5));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** What decides how much it can encode. */
export function power(): { cores: number; memory: number; mobile: boolean } {
  const told = navigator as Navigator & { deviceMemory?: number; userAgentData?: { mobile: boolean } };
  const mobile = told.userAgentData?.mobile ?? /Mobi|Android|iPhone|iPad/.test(navigator.userAgent);
  return { cores: navigator.hardwareConcurrency || 1, memory: told.deviceMemory ?? 0, mobile };
}

/** What the device says of itself, for the capture facts. */
export function deviceFacts(capture: Capture | null): Record<string, string> {
  const settings = capture?.video?.getSettings();
  const facts: Record<string, string> = {
    agent: navigator.userAgent.slice(0, 300),
    screen: `${screen.width}x${screen.height}@${devicePixelRatio}`,
    languages: navigator.languages.join(",").slice(0, 100),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  if (capture?.video) facts["camera"] = capture.video.label.slice(0, 200);
  if (settings?.width) facts["picture"] = `${settings.width}x${settings.height}@${Math.round(settings.frameRate ?? 0)}`;
  if (capture?.audio) facts["microphone"] = capture.audio.label.slice(0, 200);
  return facts;
}
