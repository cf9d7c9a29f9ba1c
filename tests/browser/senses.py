"""What a person would see and hear of a playing element, read from its pixels and its sound."""

from typing import Any

from playwright.sync_api import Page

SENSE = """async ([selector, seconds, wanted]) => {
  const end = performance.now() + seconds * 1000;
  const found = () => document.querySelector(selector);
  while (performance.now() < end && !found()) await new Promise(requestAnimationFrame);
  const media = found();
  if (!media) return {colours: [], beep: 0, missing: true};
  const canvas = document.createElement("canvas"); canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const sound = new AudioContext(); await sound.resume();
  const ear = sound.createAnalyser(); ear.fftSize = 4096; ear.smoothingTimeConstant = 0;
  const bins = new Uint8Array(ear.frequencyBinCount), colours = new Set();
  let plugged = null, beep = 0, strongest = 0;
  const plug = () => {
    if (plugged && (!media.srcObject || media.srcObject === plugged)) return;
    const stream = media.srcObject || media.captureStream();
    if (stream.getAudioTracks().length === 0) return;
    sound.createMediaStreamSource(stream).connect(ear); plugged = stream;
  };
  const seen = () => !wanted.colours || colours.size >= wanted.colours;
  const heard = () => !wanted.beep || Math.abs(beep - wanted.beep) < 40;
  while (performance.now() < end && !(seen() && heard())) {
    await new Promise(requestAnimationFrame);
    if (wanted.beep) plug();
    if (media.videoWidth) {
      pen.drawImage(media, 0, 0, 64, 36);
      const [r, g, b] = pen.getImageData(4, 4, 1, 1).data;
      if (r > 150 && g < 90 && b < 90) colours.add("red");
      if (g > 80 && r < 90 && b < 90) colours.add("green");
      if (b > 150 && r < 90 && g < 90) colours.add("blue");
    }
    ear.getByteFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    if (bins[loudest] > strongest && bins[loudest] > 100) {
      strongest = bins[loudest] - 10; beep = Math.round(loudest * sound.sampleRate / ear.fftSize);
    }
  }
  await sound.close();
  return {colours: [...colours].sort(), beep, missing: false, at: media.currentTime, width: media.videoWidth};
}"""

FLASHES = """async ([selector, seconds]) => {
  const media = document.querySelector(selector);
  const canvas = document.createElement("canvas"); canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const end = performance.now() + seconds * 1000, starts = [];
  let was = true;
  while (performance.now() < end) {
    await new Promise((go) => media.requestVideoFrameCallback(go));
    pen.drawImage(media, 0, 0, 64, 36);
    const white = pen.getImageData(59, 4, 1, 1).data[0] > 128;
    const [r, g, b] = pen.getImageData(4, 4, 1, 1).data, colour = r > g && r > b ? 0 : g > b ? 1 : 2;
    if (white && !was) starts.push([colour, performance.timeOrigin + performance.now()]);
    was = white;
  }
  return starts;
}"""


def sense(page: Page, selector: str, *, colours: int = 0, beep: int = 0, seconds: float = 30) -> dict[str, Any]:
    """Look and listen until `colours` different squares were seen and a tone of `beep` Hz was heard, or time is up."""
    found: dict[str, Any] = page.evaluate(SENSE, [selector, seconds, {"colours": colours, "beep": beep}])
    return found


def sees(page: Page, selector: str, seconds: float = 30) -> None:
    """The element shows the clip as it moves: all three colours of its square."""
    found = sense(page, selector, colours=3, seconds=seconds)
    assert found["colours"] == ["blue", "green", "red"], found


def hears(page: Page, selector: str, tone: int, seconds: float = 30) -> None:
    """The element sounds with the clip's beep."""
    found = sense(page, selector, beep=tone, seconds=seconds)
    assert abs(found["beep"] - tone) < 40, found


def delays(near: Page, near_selector: str, far: Page, far_selector: str, seconds: float) -> list[float]:
    """Milliseconds from a flash on the camera's own preview to the same flash on the other side, a flash a second.

    Both pages run on one machine, so their clocks are the same. The square's colour tells flashes apart that are less
    than three seconds from each other; a page may notice its frame up to a third of a second late."""
    script = "([s, t]) => { window.flashes = (" + FLASHES + ")([s, t]); }"
    near.evaluate(script, [near_selector, seconds])
    far.evaluate(script, [far_selector, seconds])
    here: list[tuple[int, float]] = near.evaluate("() => window.flashes")
    there: list[tuple[int, float]] = far.evaluate("() => window.flashes")
    return [
        after - before
        for colour, before in here
        for other, after in there
        if other == colour and -333 < after - before < 2667
    ]
