// A reader that types like a keyboard: its keys come faster than a person's, so they are held back for a
// moment, and a run of them is a token and never lands in a field. What a person typed is put where it belongs.
// When a key was pressed says the system, for the page itself may be late.
const LONGEST_GAP_MS = 45;
const FEWEST_KEYS = 6;
const HELD_MS = 60;
let held = [];
let timer = 0;

function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

function giveBack() {
  const keys = held;
  held = [];
  for (const { key, target } of keys) {
    if (!isField(target) || target.readOnly || !target.isConnected) { continue; }
    if (target.selectionStart === null) { target.value += key; }
    else { target.setRangeText(key, target.selectionStart, target.selectionEnd, "end"); }
    target.dispatchEvent(new InputEvent("input", { bubbles: true, data: key, inputType: "insertText" }));
  }
}

// Ends a run of keys: what is long enough is a token, the rest was a person.
function end() {
  clearTimeout(timer);
  if (held.length < FEWEST_KEYS) { giveBack(); return false; }
  const token = held.map(({ key }) => key).join("");
  held = [];
  document.dispatchEvent(new CustomEvent("token", { detail: token }));
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.key === "Shift") { return; }
  const last = held.at(-1);
  if (last && event.timeStamp - last.at > LONGEST_GAP_MS) { end(); }
  if (event.key === "Enter" && held.length) {
    if (end()) { event.preventDefault(); event.stopImmediatePropagation(); }
    return;
  }
  if (!/^[0-9A-Fa-f:-]$/.test(event.key)) { end(); return; }
  event.preventDefault();
  held.push({ key: event.key, target: event.target, at: event.timeStamp });
  clearTimeout(timer);
  timer = setTimeout(end, HELD_MS);
}, { capture: true });
