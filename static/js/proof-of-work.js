// The page that asks a browser for a proof of work: do it, then send the form that waits.
// The widget and its worker are ALTCHA's (static/altcha/); nothing is fetched from anywhere else.

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
  // Once: a solution that did not hold is no reason to send without end.
  if ("byItself" in form.dataset) form.requestSubmit();
};

// The widget's own face is not needed: ours says what happens.
const work = async () => {
  show("working", true);
  try {
    window.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(widget.dataset.worker));
    widget.configure({ display: "invisible", minDuration: 0, humanInteractionSignature: false });
    const result = await widget.verify();
    if (result && result.payload) send(result.payload);
    else fail();
  } catch {
    fail();
  }
};

work();
