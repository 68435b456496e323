// Pages with comments are the same for everybody. This asks who is signed in, on a page of its own,
// and shows it. Without it everything works too: one leaves the address empty.
const KEY = "comments-signed-in";
const own = document.currentScript.dataset;

function remember(isSignedIn) {
  try {
    if (isSignedIn) localStorage.setItem(KEY, "yes");
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that stores nothing asks when somebody begins to write.
  }
}

function isRemembered() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

function show(reader) {
  remember(reader.signed_in);
  if (!reader.signed_in) return;
  for (const button of document.querySelectorAll("[data-recommend]")) {
    if (!reader.recommended.includes(Number(button.dataset.recommend))) continue;
    button.ariaPressed = "true";
    button.name = "take_back";
    button.value = "yes";
  }
  const form = document.querySelector("#comment-form form");
  const address = form?.elements.email;
  if (!address || address.value) return;
  const name = form.elements.name;
  if (name && !name.value) name.value = reader.name;
  const field = address.closest(".field");
  field.hidden = true;
  const line = document.createElement("p");
  line.className = "ui signed-in";
  line.append(own.signedInAs.replace("{address}", () => reader.address), " ");
  const link = document.createElement("a");
  link.href = own.mine;
  link.textContent = own.yourComments;
  line.append(link);
  field.after(line);
}

let asked;
function ask() {
  asked ??= fetch(own.me, { credentials: "same-origin", headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { signed_in: false }))
    .then(show)
    .catch(() => {});
}

if (own.signedIn) remember(own.signedIn === "yes");
else if (isRemembered()) ask();
else document.querySelector("#comment-form form")?.addEventListener("focusin", ask, { once: true });
