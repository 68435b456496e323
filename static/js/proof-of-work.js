// The page that asks the browser for a proof of work: do it, then send the form again.
// The widget and its worker are ALTCHA's (static/altcha/); nothing is loaded from other sites.

const widget = document.querySelector("altcha-widget");
const form = widget.closest("form");
const show = (name, shown) => { form.querySelector(`[data-${name}]`).hidden = !shown; };

const fail = () => {
  show("working", false);
  show("failed", true);
};

const send = (solution) => {
  form.querySelector("[data-solution]").value = solution;
  show("working", false);
  show("send", true);
  // Only the first time: if a solution was rejected, sending again could go on without end.
  if ("sendAutomatically" in form.dataset) form.requestSubmit();
};

// The widget stays hidden: the page itself says what is happening.
const work = async () => {
  show("working", true);
  try {
    window.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(widget.dataset.worker));
    widget.configure({ name: "widget", display: "invisible", minDuration: 0, humanInteractionSignature: false });
    const result = await widget.verify();
    if (result && result.payload) send(result.payload);
    else fail();
  } catch {
    fail();
  }
};

work();
