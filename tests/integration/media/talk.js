// A page's side of WHIP and WHEP for the node's own tests, small and without a user interface.
async function post(connection, url, token) {
  await connection.setLocalDescription(await connection.createOffer());
  for (let tries = 0; tries < 50; tries++) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
      body: connection.localDescription.sdp,
    });
    if (answer.status === 201) {
      await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      return answer.headers.get("Location");
    }
    if (answer.status !== 409) throw new Error(`${answer.status} ${await answer.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("nobody publishes");
}

async function publish([url, token, settings = {}]) {
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: plain });
  const connection = new RTCPeerConnection(settings);
  for (const track of stream.getTracks()) {
    const transceiver = connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    if (track.kind === "video") {
      const codecs = RTCRtpSender.getCapabilities("video").codecs;
      transceiver.setCodecPreferences(codecs.filter((codec) => /h264|rtx/i.test(codec.mimeType)));
    }
  }
  window.connection = connection;
  window.heard = [];
  connection.createDataChannel("takan").onmessage = (event) => window.heard.push(JSON.parse(event.data));
  return post(connection, url, token);
}

async function watch([url, token, settings = {}]) {
  const connection = new RTCPeerConnection(settings);
  const video = document.createElement("video");
  Object.assign(video, { autoplay: true, srcObject: new MediaStream() });
  document.body.append(video);
  connection.ontrack = (event) => video.srcObject.addTrack(event.track);
  for (const kind of ["video", "audio"]) connection.addTransceiver(kind, { direction: "recvonly" });
  Object.assign(window, { connection, video });
  window.place = await post(connection, url, token);
  const began = performance.now();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  return performance.now() - began;
}

// The colour of the clip's top left square: "red", "green" or "blue".
function colour() {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const [red, green, blue] = context.getImageData(canvas.width / 12, canvas.height / 8, 1, 1).data;
  return red > green && red > blue ? "red" : green > blue ? "green" : "blue";
}

async function figures() {
  const found = {};
  for (const report of (await connection.getStats()).values()) {
    if (/bound-rtp$/.test(report.type)) found[`${report.type} ${report.kind}`] = report;
    if (report.type === "candidate-pair" && report.nominated) found.pair = report;
    if (report.type === "transport") found.transport = report;
  }
  return found;
}

// One camera in three sizes at once; `codec` as in a MIME type.
async function simulcast([url, token, codec, size]) {
  const [width, height] = size;
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height }, audio: true });
  const connection = new RTCPeerConnection();
  connection.addTransceiver(stream.getAudioTracks()[0], { direction: "sendonly", streams: [stream] });
  const transceiver = connection.addTransceiver(stream.getVideoTracks()[0], {
    direction: "sendonly",
    streams: [stream],
    sendEncodings: [
      { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 120_000 },
      { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 400_000 },
      { rid: "f", maxBitrate: 1_500_000 },
    ],
  });
  const codecs = RTCRtpSender.getCapabilities("video").codecs;
  transceiver.setCodecPreferences(codecs.filter((one) => [`video/${codec}`, "video/rtx"].includes(one.mimeType)));
  window.connection = connection;
  window.sender = transceiver.sender;
  return post(connection, url, token);
}

// Whether a layer is sent.
async function activate([rid, active]) {
  const parameters = sender.getParameters();
  parameters.encodings.find((one) => one.rid === rid).active = active;
  await sender.setParameters(parameters);
}

async function choose([place, token, wish]) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const answer = await fetch(`${place}/layer`, { method: "POST", headers, body: JSON.stringify(wish) });
  return answer.status;
}
