// What the desk does with a token and with keys: everything else is the server's.
document.addEventListener("token", (event) => {
  const address = `/desk/token?id=${encodeURIComponent(event.detail)}`;
  htmx.ajax("GET", address, { target: "#panel", swap: "innerHTML" });
});

document.addEventListener("keydown", (event) => {
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button && !event.repeat) { event.preventDefault(); button.click(); }
  if (event.key === "Escape") { document.getElementById("search").focus(); }
});
