// What people do on the page, as small posts; what comes of it arrives by the stream, or is said in words.
const worn = document.getElementById("worn");
const WORN_READS_PERCENT = 40;
const KEYS = { Enter: "#", Backspace: "*" };

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  } catch {
    // The banner says that the board is gone.
    return {};
  }
}

const terminalOf = (element) => element.closest(".machine");

async function say(element, asked) {
  const answer = await asked;
  const line = element.closest(".machine, .recording").querySelector("[data-said]");
  line.textContent = answer.error || answer.said || "";
  line.classList.toggle("is-refused", Boolean(answer.error));
}

function act(element, action, value) {
  return say(element, post(`/terminals/${terminalOf(element).id}/${action}`, { value }));
}

function cardInHand() {
  const card = JSON.parse(document.querySelector("input[name=card]:checked").dataset.value);
  return worn.checked ? { ...card, reads_percent: WORN_READS_PERCENT } : card;
}

function valueOf(element) {
  const { do: action, hold, from, with: fixed, setting } = element.dataset;
  if (action === "tap") return Number(hold) ? { ...cardInHand(), hold_s: Number(hold) } : cardInHand();
  if (setting) return { [setting]: element.checked };
  if (element.matches("input")) return element.valueAsNumber;
  if (from) return document.getElementById(from).value;
  return fixed === undefined ? true : JSON.parse(fixed);
}

// A coin that is on its way is seen to be; whether it was taken is said by the machine.
function fall(coin) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const slot = terminalOf(coin).querySelector(".slot").getBoundingClientRect();
  const here = coin.getBoundingClientRect();
  const way = `translate(${slot.x - here.x - here.width / 2}px, ${slot.y - here.y}px)`;
  coin.animate([{}, { transform: `${way} scale(0.2, 0.9)`, opacity: 0.3 }], { duration: 350, easing: "ease-in" });
}

function choose(token) {
  document.querySelector(`input[name=card][value="${token}"]`).checked = true;
  for (const select of document.querySelectorAll("[data-card]")) select.value = token;
}

function listenToKeys(keypad) {
  keypad.addEventListener("keydown", (event) => {
    const key = KEYS[event.key] || event.key.toUpperCase();
    const isOnButton = event.key === "Enter" && event.target.matches("button:focus-visible");
    if (event.ctrlKey || event.metaKey || event.altKey || isOnButton || !/^[0-9A-D*#]$/.test(key)) return;
    event.preventDefault();
    act(keypad, "keys", key);
  });
}

function listenToDrags() {
  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.(".card");
    if (card) event.dataTransfer.setData("text/plain", card.querySelector("input").value);
  });
  for (const machine of document.querySelectorAll(".machine")) {
    machine.addEventListener("dragover", (event) => { event.preventDefault(); machine.classList.add("is-target"); });
    machine.addEventListener("dragleave", () => machine.classList.remove("is-target"));
    machine.addEventListener("drop", (event) => {
      event.preventDefault();
      machine.classList.remove("is-target");
      choose(event.dataTransfer.getData("text/plain"));
      act(machine, "tap", cardInHand());
    });
  }
}

export function listenToPeople() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do], button[data-post]");
    if (button?.matches(".coin")) fall(button);
    if (button?.dataset.do) act(button, button.dataset.do, valueOf(button));
    else if (button) say(button, post(button.dataset.post, {}));
  });
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (field.matches("input[data-do]")) act(field, field.dataset.do, valueOf(field));
    else if (field.matches("input[name=card], [data-card]")) choose(field.value);
    else if (field.id === "story" && field.files.length) {
      say(field, post("/replay", { text: await field.files[0].text(), name: field.files[0].name }));
      field.value = "";
    }
  });
  document.querySelectorAll("[data-keypad]").forEach(listenToKeys);
  listenToDrags();
  choose(document.querySelector("input[name=card]:checked").value);
}
