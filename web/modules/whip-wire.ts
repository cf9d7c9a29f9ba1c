/** Publishes a camera and a microphone, or one of them, by WHIP. */
import { SessionWire, type Shape, type Surroundings } from "./session-wire.ts";

export type Kind = "audio" | "video";
export type Sources = { [kind in Kind]?: MediaStreamTrack | null };

const VIDEO_BITRATE = 2_500_000; // bits per second, enough for 720p
const AUDIO_BITRATE = 48_000;

/** As the configuration says it, or by what the device can do. Each size is encoded by itself: a telephone gets hot of
 * three, and its encoder may have room for one only, so that a weak one sends one. */
export function sizesFor(setting: string, device: { cores: number; memory: number; mobile: boolean }): 1 | 3 {
  if (setting !== "auto") return setting === "three" ? 3 : 1;
  return device.cores >= (device.mobile ? 8 : 4) && (!device.mobile || device.memory >= 6) ? 3 : 1;
}

/** Smallest first, which a browser drops last. */
function encodings(kind: Kind, sizes: 1 | 3): RTCRtpEncodingParameters[] {
  if (kind === "audio") return [{ maxBitrate: AUDIO_BITRATE }];
  if (sizes === 1) return [{ maxBitrate: VIDEO_BITRATE }];
  return [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: VIDEO_BITRATE / 16 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: VIDEO_BITRATE / 5 },
    { rid: "f", maxBitrate: VIDEO_BITRATE },
  ];
}

/** H.264 first: it is recorded as it comes and plays everywhere. */
export function h264First(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const rank = (codec: RTCRtpCodec) => (codec.mimeType.toLowerCase() === "video/h264" ? 0 : 1);
  return [...codecs].sort((a, b) => rank(a) - rank(b));
}

export class WhipWire extends SessionWire {
  private senders: { [kind in Kind]?: RTCRtpSender } = {};

  constructor(
    shape: Omit<Shape, "prepare">,
    where: Surroundings,
    private readonly sources: Sources,
    private readonly codecs: readonly RTCRtpCodec[] = [],
    private readonly sizes: 1 | 3 = 1,
  ) {
    super({ ...shape, prepare: (peer) => this.fill(peer) }, where);
  }

  /** Another camera, or none for now: the recording continues the same track. */
  async replace(kind: Kind, track: MediaStreamTrack | null): Promise<void> {
    this.sources[kind] = track;
    await this.senders[kind]?.replaceTrack(track);
  }

  private fill(peer: RTCPeerConnection): void {
    this.senders = {};
    for (const kind of ["audio", "video"] as const) {
      if (this.sources[kind] === undefined) continue;
      const sendEncodings = encodings(kind, this.sizes);
      const transceiver = peer.addTransceiver(kind, { direction: "sendonly", sendEncodings });
      if (kind === "video" && this.codecs.length > 0) transceiver.setCodecPreferences(h264First(this.codecs));
      this.senders[kind] = transceiver.sender;
      const track = this.sources[kind];
      if (track) void transceiver.sender.replaceTrack(track);
    }
  }
}
