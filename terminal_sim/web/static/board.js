// Connects the page with its board: what the stream tells goes to the elements that show it.
import { bindings } from "./bind.js";
import { listenToPeople } from "./doing.js";
import { hear } from "./sound.js";

const shows = new Map();
for (const scope of document.querySelectorAll("[data-topic]")) {
  const topic = scope.dataset.topic;
  for (const [field, show] of bindings(scope)) {
    const key = `${topic} ${field}`;
    shows.set(key, [...(shows.get(key) || []), show]);
  }
}

const states = {};
const gone = document.getElementById("gone");

function tell(news) {
  for (const [topic, fields] of Object.entries(news)) {
    const state = Object.assign((states[topic] = states[topic] || {}), fields);
    for (const [field, value] of Object.entries(fields)) {
      for (const show of shows.get(`${topic} ${field}`) || []) show(value, state);
    }
    if (fields.tones) hear(topic, fields.tones);
  }
}

const stream = new EventSource("/events");
stream.addEventListener("message", (event) => tell(JSON.parse(event.data)));
stream.addEventListener("open", () => { gone.hidden = true; });
stream.addEventListener("error", () => { gone.hidden = false; });
stream.addEventListener("end", () => { stream.close(); gone.hidden = false; });

listenToPeople();
