// The buzzers, heard: each tone once, at its pitch and for as long as it was; muted if somebody wants so.
const MEMORY = "tapledger-board-muted";
const LOUDNESS = 0.04;
const OLD_MS = 3000;
const button = document.getElementById("mute");
const heardUpTo = {};
let air = null;
let isMuted = localStorage.getItem(MEMORY) === "yes";

function showMute() {
  button.setAttribute("aria-pressed", String(isMuted));
  button.textContent = JSON.parse(button.dataset.words)[isMuted];
}

function play(startS, hertz, durationS) {
  const tone = new OscillatorNode(air, { type: "square", frequency: hertz });
  const volume = new GainNode(air, { gain: LOUDNESS });
  tone.connect(volume).connect(air.destination);
  tone.start(startS);
  tone.stop(startS + durationS);
}

export function hear(topic, tones) {
  const fresh = tones.filter(([startMs]) => startMs > (heardUpTo[topic] ?? Infinity));
  heardUpTo[topic] = tones.length ? tones.at(-1)[0] : heardUpTo[topic] ?? -1;
  if (!fresh.length || isMuted || !air) return;
  const [firstMs] = fresh[0];
  for (const [startMs, hertz, durationMs] of fresh) {
    if (startMs - firstMs < OLD_MS) play(air.currentTime + (startMs - firstMs) / 1000, hertz, durationMs / 1000);
  }
}

button.addEventListener("click", () => {
  isMuted = !isMuted;
  localStorage.setItem(MEMORY, isMuted ? "yes" : "no");
  showMute();
});
// A browser lets a page sound only after somebody has touched it.
for (const touch of ["pointerdown", "keydown"]) {
  document.addEventListener(touch, () => { air = air || new AudioContext(); }, { once: true });
}
showMute();
