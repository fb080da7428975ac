"use strict";
// Improves the link page, which also works without scripts: it shows one step at a time,
// adds a search field, and sends the result to the page that has opened this one.
(() => {
  const { origin, result } = document.body.dataset;
  const opener = window.parent === window ? window.opener : window.parent;
  const form = document.querySelector("form.link");

  function send(message) {
    if (opener && origin) opener.postMessage(message, origin);
  }
  function sendResult() {
    send({ type: "result", result: JSON.parse(result) });
    if (opener === window.opener) window.close();
  }
  function button(text, kind) {
    const created = document.createElement("button");
    created.textContent = text;
    created.className = kind;
    return created;
  }
  function close() {
    if (result) sendResult();
    else form?.querySelector("[value=cancel]").click();
  }

  function showStep(name) {
    form.dataset.step = name;
    const legend = form.querySelector(`.step-${name} legend`);
    legend.tabIndex = -1;
    legend.focus();
  }

  function addSearch(list) {
    const label = document.createElement("label");
    const field = document.createElement("input");
    const status = document.createElement("p");
    field.type = "search";
    field.placeholder = "Search";
    field.setAttribute("aria-label", "Search institutions");
    label.className = "search";
    label.append(field);
    status.setAttribute("role", "status");
    list.before(label);
    list.after(status);
    field.addEventListener("input", () => {
      const text = field.value.trim().toLowerCase();
      let shown = 0;
      for (const option of list.children) {
        option.hidden = !option.textContent.toLowerCase().includes(text);
        shown += option.hidden ? 0 : 1;
      }
      status.textContent = shown ? "" : "No institution has this name.";
    });
  }

  function addSteps() {
    const [first, second] = form.querySelectorAll(".step");
    const next = button("Continue", "primary");
    const back = button("Back", "plain");
    back.type = "button";
    first.append(next);
    second.prepend(back);
    addSearch(first.querySelector(".choices"));
    back.addEventListener("click", () => showStep("institution"));
    form.addEventListener("submit", (event) => {
      const isChosen = form.querySelector("[name=institution]:checked") !== null;
      if (form.dataset.step !== "institution" || !isChosen) return;
      if (event.submitter?.value === "cancel") return;
      event.preventDefault();
      showStep("accounts");
    });
    form.dataset.step = form.dataset.start;
  }

  window.addEventListener("message", (event) => {
    if (event.source === opener && event.origin === origin) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opener && origin) close();
  });
  if (form) addSteps();
  send({ type: "ready" });
  if (!result || !opener || !origin) return;
  if (document.body.dataset.linked === undefined) sendResult();
  else {
    const done = button("Done", "primary");
    done.addEventListener("click", sendResult);
    document.querySelector("main").append(done);
    done.focus();
  }
})();
