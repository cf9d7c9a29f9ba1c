"""GStreamer's webrtcbin as a WHEP viewer; run by the distribution's Python, which has its bindings.

Arguments: the WHEP address, the ticket, how many seconds. Prints a line of JSON once both kinds were decoded (buffers
of each kind, and the picture's size); exit status 1 when that did not happen in time.
"""

import json
import sys
import urllib.error
import urllib.request
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found]  # noqa: E402

CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111,encoding-params=(string)2",
}
WANTED = 40  # buffers of each kind


class Watching:
    def __init__(self, url: str, token: str, seconds: float) -> None:
        self.url, self.token, self.seconds = url, token, seconds
        self.loop = GLib.MainLoop()
        self.counts = {"video": 0, "audio": 0}
        self.size = [0, 0]
        self.pipeline = Gst.Pipeline.new("view")
        self.bin = Gst.ElementFactory.make("webrtcbin")
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.bin)
        for caps in CAPS.values():
            known = Gst.Caps.from_string(caps)
            self.bin.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, known)
        self.bin.connect("on-negotiation-needed", self.offer)
        self.bin.connect("notify::ice-gathering-state", self.gathered)
        self.bin.connect("pad-added", self.arrived)

    def run(self) -> int:
        GLib.timeout_add(int(self.seconds * 1000), self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        print(json.dumps({"counts": self.counts, "size": self.size}), flush=True)
        return 0 if min(self.counts.values()) >= WANTED else 1

    def offer(self, _: Any) -> None:
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Any) -> None:
        promise.wait()
        reply = promise.get_reply()  # owns the offer: it must outlive its use
        made = reply.get_value("offer")
        self.bin.emit("set-local-description", made, Gst.Promise.new())

    def gathered(self, *_: Any) -> None:
        if self.bin.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.timeout_add(200, self.post)

    def post(self) -> bool:
        text = self.bin.get_property("local-description").sdp.as_text()
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url, text.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer = response.read().decode()
        except urllib.error.HTTPError as error:
            if error.code == 409:
                return True  # nobody publishes yet: asked again
            print(error.code, error.read().decode(), file=sys.stderr, flush=True)
            self.loop.quit()
            return False
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        told = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.bin.emit("set-remote-description", told, Gst.Promise.new())
        return False

    def arrived(self, _: Any, pad: Any) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        ways = {
            "video": "queue ! rtph264depay ! h264parse ! avdec_h264 ! fakesink name=end sync=false",
            "audio": "queue ! rtpopusdepay ! opusdec ! fakesink name=end sync=false",
        }
        branch = Gst.parse_bin_from_description(ways[kind], True)
        end = branch.get_by_name("end").get_static_pad("sink")
        end.add_probe(Gst.PadProbeType.BUFFER, self.count, kind)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def count(self, pad: Any, _: Any, kind: str) -> Any:
        self.counts[kind] += 1
        if kind == "video" and not self.size[0]:
            shape = pad.get_current_caps().get_structure(0)
            self.size = [shape.get_int("width")[1], shape.get_int("height")[1]]
        if min(self.counts.values()) >= WANTED:
            GLib.idle_add(self.loop.quit)
        return Gst.PadProbeReturn.OK


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Watching(sys.argv[1], sys.argv[2], float(sys.argv[3])).run())
