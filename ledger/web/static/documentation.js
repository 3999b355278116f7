// Shows the OpenAPI document that the page names, in the colours that the reader prefers.
"use strict";

const page = document.getElementById("documentation");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

follow();
dark.addEventListener("change", follow);

if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    url: page.dataset.document,
    domNode: page,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    syntaxHighlight: { theme: "tomorrow-night" },
    validatorUrl: null,
  });
} else {
  page.textContent = "The page's assets are missing: run `python3 run.py setup` once in the checkout.";
}
