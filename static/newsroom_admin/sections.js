// Sections: added, removed, moved by buttons or by hand. Their order on the page is their order.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-sections]");
  const list = root?.querySelector("[data-section-list]");
  if (!list) return;
  const prefix = root.dataset.sections;
  const template = root.querySelector("[data-section-template]");
  const status = root.querySelector("[data-section-status]");
  const rows = () => [...list.children];
  const isGone = (row) => row.hasAttribute("data-is-gone");
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const headingOf = (row) => input(row, "heading").value.trim() || `the ${input(row, "kind").selectedOptions[0].text.toLowerCase()}`;
  const typed = () => list.dispatchEvent(new Event("newsroom:typed", { bubbles: true }));
  const say = (words) => {
    status.textContent = "";
    requestAnimationFrame(() => (status.textContent = words));
  };
  let next = rows().length;

  function number() {
    const staying = rows().filter((row) => !isGone(row));
    rows().forEach((row, index) => (input(row, "place").value = index + 1));
    staying.forEach((row, index) => {
      row.querySelector("[data-section-name]").textContent = `Section ${index + 1}`;
      row.querySelector("[data-move='-1']").disabled = index === 0;
      row.querySelector("[data-move='1']").disabled = index === staying.length - 1;
    });
  }

  function enliven(row) {
    row.querySelector("[data-section-tools]").hidden = false;
    row.querySelector("[data-grip]").hidden = false;
    row.querySelector("[data-section-delete]")?.setAttribute("hidden", "");
    if (input(row, "DELETE")?.checked) setGone(row, true);
  }

  function setGone(row, gone) {
    input(row, "DELETE").checked = gone;
    row.toggleAttribute("data-is-gone", gone);
    row.querySelector("fieldset").hidden = gone;
    row.querySelector("[data-section-gone]").hidden = !gone;
    const name = headingOf(row);
    row.querySelector("[data-section-gone-name]").textContent = name[0].toUpperCase() + name.slice(1);
  }

  function add(kind) {
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", next++);
    const row = holder.firstElementChild;
    input(row, "kind").value = kind;
    list.append(row);
    document.getElementById(`id_${prefix}-TOTAL_FORMS`).value = next;
    enliven(row);
    number();
    // The editor's own script listens for this and puts an editor in the new row.
    row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: prefix } }));
    return row;
  }

  function move(row, step) {
    const staying = rows().filter((other) => !isGone(other));
    const target = staying[staying.indexOf(row) + step];
    if (!target) return;
    if (step < 0) target.before(row);
    else target.after(row);
    number();
    typed();
    say(`${headingOf(row)}: now in place ${staying.indexOf(target) + 1} of ${staying.length}`);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest("[data-section]");
    if (!button || !row) return;
    if (button.dataset.move) {
      move(row, Number(button.dataset.move));
      (button.disabled ? row.querySelector("[data-move]:not(:disabled)") : button)?.focus();
      row.scrollIntoView({ block: "nearest" });
    } else if ("remove" in button.dataset) {
      setGone(row, true);
      number();
      typed();
      row.querySelector("[data-put-back]").focus();
    } else if ("putBack" in button.dataset) {
      setGone(row, false);
      number();
      typed();
      row.querySelector("[data-remove]").focus();
    }
  });

  const adding = root.querySelector("[data-section-add]");
  adding.hidden = false;
  adding.addEventListener("click", (event) => {
    const kind = event.target.closest("[data-add-section]")?.dataset.addSection;
    if (!kind) return;
    const row = add(kind);
    typed();
    input(row, "heading").focus();
    say("Section added at the end");
  });

  // By hand: while a section is carried, all show their heads only, so that the way is short.
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    const row = grip.closest("[data-section]");
    const before = row.getBoundingClientRect().top;
    const start = rows().indexOf(row);
    list.classList.add("is-carrying");
    row.classList.add("is-carried");
    scrollBy(0, row.getBoundingClientRect().top - before);

    const carry = ({ clientY }) => {
      for (const other of rows()) {
        if (other === row) continue;
        const { top, height } = other.getBoundingClientRect();
        const isBelow = row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (isBelow && clientY > top + height / 2) other.after(row);
        else if (!isBelow && clientY < top + height / 2) {
          other.before(row);
          break;
        }
      }
      if (clientY < 60) scrollBy(0, -12);
      else if (clientY > innerHeight - 60) scrollBy(0, 12);
    };
    const drop = () => {
      document.removeEventListener("pointermove", carry);
      document.removeEventListener("pointerup", drop);
      document.removeEventListener("pointercancel", drop);
      list.classList.remove("is-carrying");
      row.classList.remove("is-carried");
      number();
      row.scrollIntoView({ block: "nearest" });
      if (rows().indexOf(row) !== start) {
        typed();
        say(`${headingOf(row)}: now in place ${rows().indexOf(row) + 1} of ${rows().length}`);
      }
    };
    // Not captured by the grip: it would let go as soon as its row takes another place.
    document.addEventListener("pointermove", carry);
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);
  });

  rows().forEach(enliven);
  number();

  window.newsroomAdmin ??= {};
  newsroomAdmin.sections = {
    read: () =>
      rows().map((row) => ({
        id: input(row, "id").value,
        kind: input(row, "kind").value,
        heading: input(row, "heading").value,
        body: newsroomAdmin.wordsOf(input(row, "body")),
        gone: isGone(row),
      })),
    write: (kept) => {
      const byId = new Map(rows().map((row) => [input(row, "id").value, row]));
      const placed = new Set();
      for (const words of kept) {
        const known = words.id && byId.get(words.id);
        const row = known || add(words.kind);
        list.append(row);
        placed.add(row);
        input(row, "kind").value = words.kind;
        input(row, "heading").value = words.heading;
        newsroomAdmin.putWords(input(row, "body"), words.body);
        setGone(row, words.gone);
      }
      // Starting sections of a new issue that the copy does not have.
      for (const row of rows()) if (!placed.has(row) && !input(row, "id").value) row.remove();
      number();
    },
  };
});
