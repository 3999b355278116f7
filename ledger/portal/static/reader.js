// A reader that types like a keyboard: its keys come faster than a person's, so they are held back for a
// moment, and a run of them is a token and never lands in a field. What a person typed is put where it belongs.
const BETWEEN_KEYS_MS = 35;
const FEWEST_KEYS = 6;
let held = [];
let timer = 0;

function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

function giveBack() {
  const keys = held;
  held = [];
  for (const { key, target } of keys) {
    if (!isField(target) || target.readOnly) { continue; }
    try {
      target.setRangeText(key, target.selectionStart, target.selectionEnd, "end");
    } catch { target.value += key; }
    target.dispatchEvent(new InputEvent("input", { bubbles: true, data: key, inputType: "insertText" }));
  }
}

function end() {
  clearTimeout(timer);
  if (held.length < FEWEST_KEYS) { giveBack(); return false; }
  const token = held.map(({ key }) => key).join("");
  held = [];
  document.dispatchEvent(new CustomEvent("token", { detail: token }));
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
  if (event.key === "Enter" && held.length) {
    if (end()) { event.preventDefault(); event.stopImmediatePropagation(); }
    return;
  }
  if (!/^[0-9A-Fa-f:-]$/.test(event.key)) { clearTimeout(timer); giveBack(); return; }
  event.preventDefault();
  held.push({ key: event.key, target: event.target });
  clearTimeout(timer);
  timer = setTimeout(end, BETWEEN_KEYS_MS);
}, { capture: true });
