// Hosts one MicroPython VM: obeys the simulator's commands on stdin and asks it about the world on stdout.
//
// Every frame is four bytes of length (little endian) and JSON. Strictly one side talks at a time: a
// command is answered by "done"; in between the VM may ask, and each question is answered before the
// VM goes on. Everything is blocking, so that the firmware sees the world exactly as the simulator
// arranged it. Host functions never throw into the VM, because that would end the process: they
// return a negative error number. Bytes cross as hexadecimal text and long integers as decimal text.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import v8 from "node:v8";

const EPOCH_2000_MS = 946684800000;
// What one look at the clock or one GPIO access costs; without it a busy wait would never end.
const ACCESS_COST_US = 2;
const SHIM_FOLDER = "/shims";

// A device does little between two waits: the optimizing compiler costs more than it ever gives back.
v8.setFlagsFromString("--liftoff-only");

const input = { buffer: Buffer.alloc(1 << 20), start: 0, end: 0 };

function fill(needed) {
  if (input.buffer.length - input.start < needed) {
    const room = Buffer.alloc(Math.max(input.buffer.length, needed));
    input.buffer.copy(room, 0, input.start, input.end);
    input.end -= input.start;
    input.start = 0;
    input.buffer = room;
  }
  while (input.end - input.start < needed) {
    const got = fs.readSync(0, input.buffer, input.end, input.buffer.length - input.end, null);
    if (got === 0) process.exit(0);
    input.end += got;
  }
}

function receive() {
  fill(4);
  const length = input.buffer.readUInt32LE(input.start);
  input.start += 4;
  fill(length);
  const text = input.buffer.toString("utf8", input.start, input.start + length);
  input.start += length;
  if (input.start === input.end) input.start = input.end = 0;
  return JSON.parse(text);
}

function send(frame) {
  const body = Buffer.from(JSON.stringify(frame), "utf8");
  const whole = Buffer.allocUnsafe(4 + body.length);
  whole.writeUInt32LE(body.length, 0);
  body.copy(whole, 4);
  for (let at = 0; at < whole.length; ) at += fs.writeSync(1, whole, at, whole.length - at);
}

// The clock. Virtual time moves when the world says so, and by the cost of each access; real time
// follows the machine's monotonic clock from the moment the world last told the time.
const clock = { isVirtual: true, nowUs: 0, offsetUs: 0, nextEventUs: Infinity, zeroUs: 0 };

function monotonicUs() {
  return Number(process.hrtime.bigint() / 1000n);
}

function readClock() {
  if (!clock.isVirtual) clock.nowUs = monotonicUs() + clock.offsetUs;
  return clock.nowUs;
}

function setClock(nowUs, nextEventUs) {
  clock.nowUs = nowUs;
  clock.offsetUs = nowUs - monotonicUs();
  clock.nextEventUs = nextEventUs === null ? Infinity : nextEventUs;
}

function access() {
  if (clock.isVirtual) clock.nowUs += ACCESS_COST_US;
  if (readClock() >= clock.nextEventUs) ask("sync");
  return clock.nowUs;
}

// What the world tells along with every answer: the time, changed levels and awakened connections.
const levels = new Uint8Array(64);
const callbacks = { edge: null, wake: null };
const pending = [];
let maskDepth = 0;
let isDelivering = false;

function guarded(callback, ...args) {
  try {
    callback(...args);
  } catch (error) {
    send(["print", String(error.message).trimEnd()]);
  }
}

function deliver() {
  if (isDelivering || maskDepth > 0) return;
  isDelivering = true;
  while (pending.length > 0) {
    const [callback, ...args] = pending.shift();
    if (callback) guarded(callback, ...args);
  }
  isDelivering = false;
}

function hear([nowUs, nextEventUs, changes, wakes]) {
  setClock(nowUs, nextEventUs);
  for (const [pin, level, interrupts] of changes) {
    levels[pin] = level;
    if (!interrupts) continue;
    pending.push([callbacks.edge, pin]);
    // Delivered one by one, so that a handler which reads its pin sees the level of its own edge.
    deliver();
  }
  for (const id of wakes) pending.push([callbacks.wake, id]);
  deliver();
}

function ask(question, ...args) {
  if (weighing.asked) weighing.asked[question] = (weighing.asked[question] ?? 0) + 1;
  send([question, readClock(), ...args]);
  const [value, news] = receive();
  hear(news);
  return value;
}

function asker(question) {
  return (...args) => ask(question, ...args);
}

function sleepUs(durationUs) {
  const untilUs = readClock() + Math.max(0, durationUs);
  // The world wakes early when an interrupt is due in the middle of the sleep.
  while (readClock() < untilUs) ask("sleep", untilUs);
}

const hostFunctions = {
  on_edge: (callback) => { callbacks.edge = callback; return 0; },
  on_wake: (callback) => { callbacks.wake = callback; return 0; },
  mask: (isMasked) => {
    maskDepth = isMasked ? maskDepth + 1 : Math.max(0, maskDepth - 1);
    deliver();
    return maskDepth;
  },
  ticks_us: () => Math.floor(access() - clock.zeroUs) & 0x3fffffff,
  sleep_us: (durationUs) => { sleepUs(durationUs); return 0; },
  pin_level: (pin) => { access(); return levels[pin]; },
  pin_setup: asker("pin_setup"),
  pin_write: (pin, level) => { access(); return ask("pin_write", pin, level); },
  pin_irq: asker("pin_irq"),
  pwm_set: asker("pwm_set"),
  i2c_write: asker("i2c_write"),
  i2c_read: asker("i2c_read"),
  i2c_scan: asker("i2c_scan"),
  spi_exchange: asker("spi_exchange"),
  uart_open: asker("uart_open"),
  uart_write: asker("uart_write"),
  uart_any: (port) => { access(); return ask("uart_any", port); },
  uart_read: asker("uart_read"),
  watchdog: asker("watchdog"),
  reset: asker("reset"),
  reset_cause: asker("reset_cause"),
  unique_id: asker("unique_id"),
  entropy: asker("entropy"),
  link: asker("link"),
  tcp_open: asker("tcp_open"),
  tcp_state: asker("tcp_state"),
  tcp_send: asker("tcp_send"),
  tcp_receive: asker("tcp_receive"),
  tcp_close: asker("tcp_close"),
  tcp_wait: asker("tcp_wait"),
  file_open: asker("file_open"),
  file_read: asker("file_read"),
  file_write: asker("file_write"),
  file_seek: asker("file_seek"),
  file_flush: asker("file_flush"),
  file_close: asker("file_close"),
  path_stat: asker("path_stat"),
  path_list: asker("path_list"),
  path_remove: asker("path_remove"),
  path_rename: asker("path_rename"),
  path_mkdir: asker("path_mkdir"),
  space: asker("space"),
};

let vm = null;
let loop = null;
// While somebody listens to the console himself, its lines come here and not to the world.
let overheard = null;
// While steps are weighed: what the present one has asked for, and the one that left most behind.
const weighing = { isOn: false, asked: null, largest: null };

async function start({ module, shims, clock: kind, zero_us: zeroUs, heap_bytes: heapBytes }) {
  clock.isVirtual = kind === "virtual";
  // The C code reads the clock through Date.now; the device's calendar starts in 2000 at each boot.
  Date.now = () => EPOCH_2000_MS;
  const { loadMicroPython } = await import(pathToFileURL(module));
  const line = (text) => (overheard ? overheard.push(text) : send(["print", text]));
  vm = await loadMicroPython({ heapsize: heapBytes, pystack: 4096, stdout: line, stderr: line });
  clock.zeroUs = zeroUs;
  Date.now = () => EPOCH_2000_MS + Math.floor((access() - clock.zeroUs) / 1000);
  vm.FS.mkdir(SHIM_FOLDER);
  for (const name of fs.readdirSync(shims).filter((each) => each.endsWith(".py"))) {
    vm.FS.writeFile(`${SHIM_FOLDER}/${name}`, fs.readFileSync(path.join(shims, name)));
  }
  vm.registerJsModule("_host", hostFunctions);
  vm.runPython(`import sys; sys.path.insert(0, "${SHIM_FOLDER}")`);
  vm.runPython("import _device");
  loop = vm.pyimport("_device");
  const parts = ["step", "step_and_weigh", "weight", "collect", "allocated", "tell_names", "docs_bytes"];
  loop = Object.fromEntries(parts.map((name) => [name, loop[name]]));
  return memory();
}

function memory() {
  // A collection asked for inside the VM happens when the VM's last frame has returned to here.
  // This VM keeps the docstrings of modules and classes, and no board does.
  const docs = loop.docs_bytes();
  loop.collect();
  const bytes = loop.allocated() - docs;
  overheard = [];
  loop.tell_names();
  const told = overheard.join("");
  overheard = null;
  return { bytes, names: Number(told.match(/n_qstr=(\d+)/)[1]) };
}

function weigh() {
  weighing.isOn = true;
  const largest = weighing.largest;
  weighing.largest = null;
  return largest;
}

// Garbage is what a step has allocated and is gone after a collection: between two steps all of it goes.
function weighedStep() {
  loop.collect();
  const asked = (weighing.asked = {});
  const atUs = readClock();
  const delayMs = loop.step_and_weigh();
  weighing.asked = null;
  const weight = loop.weight();
  loop.collect();
  const bytes = weight - loop.allocated();
  if (weighing.largest === null || bytes > weighing.largest.bytes) weighing.largest = { bytes, atUs, asked };
  return delayMs;
}

function run(file) {
  vm.runPython(`execfile("${file}")`);
  return 0;
}

// One task at a time, because the garbage collector runs only between two of them. While the world has
// nothing planned, virtual time needs nobody's leave to pass. Returns when the next task is due, or -1.
function step(untilUs) {
  for (;;) {
    const delayMs = weighing.isOn ? weighedStep() : loop.step();
    if (delayMs < 0) return -1;
    const ticksMs = Math.floor((readClock() - clock.zeroUs) / 1000);
    const dueUs = clock.zeroUs + (ticksMs + delayMs) * 1000;
    const isFree = clock.isVirtual && clock.nowUs < untilUs && dueUs <= untilUs && dueUs < clock.nextEventUs;
    if (!isFree) return dueUs;
    clock.nowUs = Math.max(clock.nowUs, dueUs);
  }
}

const commands = { start, memory, weigh, run, step, execute: (code) => vm.runPython(code) ?? null };

for (;;) {
  const [name, news, ...args] = receive();
  hear(news);
  let outcome;
  try {
    outcome = { value: await commands[name](...args) };
  } catch (error) {
    outcome = { error: error.name === "PythonError" ? error.message : String(error.stack), type: error.type };
  }
  send(["done", readClock(), outcome]);
}
