"use strict";
// A stand-in for Stripe.js, served by the sandbox. It has the one call that Financial
// Connections needs, and opens the sandbox's link page instead of Stripe's.
window.Stripe = (() => {
  const base = new URL(document.currentScript.src).origin;
  const CLOSED = {
    error: {
      type: "api_connection_error",
      message: `The link page of the sandbox at ${base} could not be loaded.`,
    },
  };

  function openModal(clientSecret) {
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    const origin = encodeURIComponent(window.location.origin);
    dialog.setAttribute("aria-label", "Link your accounts");
    dialog.style.cssText =
      "border:0;padding:0;width:100vw;height:100vh;height:100dvh;max-width:none;" +
      "max-height:none;place-items:center;background:rgb(15 23 42 / .6)";
    frame.title = "Link your accounts";
    frame.src = `${base}/_sandbox/link/${encodeURIComponent(clientSecret)}?origin=${origin}`;
    frame.style.cssText =
      "border:0;width:100%;height:100%;max-width:26rem;max-height:42rem;" +
      "border-radius:1rem;background:Canvas";
    dialog.append(frame);
    document.body.append(dialog);
    dialog.showModal();
    dialog.style.display = "grid";
    return { dialog, frame };
  }

  function collect(clientSecret) {
    const { dialog, frame } = openModal(clientSecret);
    return new Promise((resolve) => {
      let isReady = false;
      function finish(result) {
        window.removeEventListener("message", receive);
        dialog.close();
        dialog.remove();
        resolve(result);
      }
      function receive(event) {
        if (event.origin !== base || event.source !== frame.contentWindow) return;
        if (event.data.type === "ready") isReady = true;
        if (event.data.type === "result") finish(event.data.result);
      }
      window.addEventListener("message", receive);
      // Escape: the page cancels the session, and then sends the result.
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        if (isReady) frame.contentWindow.postMessage({ type: "close" }, base);
        else finish(CLOSED);
      });
    });
  }

  return function Stripe(publishableKey) {
    if (typeof publishableKey !== "string" || !publishableKey.startsWith("pk_test_")) {
      throw new Error("Stripe() needs a publishable test key (pk_test_…) in the sandbox.");
    }
    return {
      async collectFinancialConnectionsAccounts(options) {
        if (typeof options?.clientSecret !== "string") {
          throw new Error("clientSecret must be the client_secret of a session.");
        }
        return collect(options.clientSecret);
      },
    };
  };
})();
