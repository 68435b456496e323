// Sections: add, remove and move them, with buttons or by dragging.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-sections]");
  const list = root?.querySelector("[data-section-list]");
  if (!list) return;
  const prefix = root.dataset.sections;
  const template = root.querySelector("[data-section-template]");
  const status = root.querySelector("[data-section-status]");
  const rows = () => [...list.children];
  const isRemoved = (row) => row.hasAttribute("data-is-removed");
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const sisterBoxes = (row) => [...row.querySelectorAll('[name$="-sisters"]')];
  // A new item of a round-up that is not added yet.
  const ITEM_FIELDS = ["item_title", "item_link", "item_outlet", "item_text"];
  const itemOf = (row) =>
    Object.fromEntries(ITEM_FIELDS.map((name) => [name, input(row, name)?.value ?? ""]).filter(([, value]) => value));
  const headingOf = (row) => input(row, "heading").value.trim() || `the ${input(row, "kind").selectedOptions[0].text.toLowerCase()}`;
  const typed = () => list.dispatchEvent(new Event("newsroom:typed", { bubbles: true }));
  const say = (words) => {
    status.textContent = "";
    requestAnimationFrame(() => (status.textContent = words));
  };
  let next = rows().length;

  function number() {
    const staying = rows().filter((row) => !isRemoved(row));
    rows().forEach((row, index) => ((input(row, "place") ?? input(row, "position")).value = index + 1));
    staying.forEach((row, index) => {
      row.querySelector("[data-section-name]").textContent = `Section ${index + 1}`;
      row.querySelector("[data-move='-1']").disabled = index === 0;
      row.querySelector("[data-move='1']").disabled = index === staying.length - 1;
    });
  }

  function showTools(row) {
    row.querySelector("[data-section-tools]").hidden = false;
    row.querySelector("[data-handle]").hidden = false;
    row.querySelector("[data-section-delete]")?.setAttribute("hidden", "");
    if (input(row, "DELETE")?.checked) setRemoved(row, true);
  }

  function setRemoved(row, removed) {
    input(row, "DELETE").checked = removed;
    row.toggleAttribute("data-is-removed", removed);
    row.querySelector("fieldset").hidden = removed;
    row.querySelector("[data-section-removed]").hidden = !removed;
    const name = headingOf(row);
    row.querySelector("[data-removed-name]").textContent = name[0].toUpperCase() + name.slice(1);
  }

  function add(kind) {
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", next++);
    const row = holder.firstElementChild;
    input(row, "kind").value = kind;
    list.append(row);
    document.getElementById(`id_${prefix}-TOTAL_FORMS`).value = next;
    showTools(row);
    number();
    // The text editor's own script listens for this and adds an editor to the new row.
    row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: prefix } }));
    return row;
  }

  function move(row, step) {
    const staying = rows().filter((other) => !isRemoved(other));
    const target = staying[staying.indexOf(row) + step];
    if (!target) return;
    if (step < 0) target.before(row);
    else target.after(row);
    number();
    typed();
    say(`${headingOf(row)}: now section ${staying.indexOf(target) + 1} of ${staying.length}`);
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
      setRemoved(row, true);
      number();
      typed();
      row.querySelector("[data-put-back]").focus();
    } else if ("putBack" in button.dataset) {
      setRemoved(row, false);
      number();
      typed();
      row.querySelector("[data-remove]").focus();
    }
  });

  // One toolbar at a time. The editor's menus and dialogs are elsewhere in the page: they change nothing.
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest("[class*=cke_panel], .cke_dialog")) return;
    const current = target.closest("[data-section]");
    if (!current && !target.closest(".issue-main, .side, #briefing_form")) return;
    for (const row of rows()) row.classList.toggle("is-current", row === current);
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

  // While a section is dragged, all sections show only their heads, so that the way is short.
  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("[data-section]");
    const before = row.getBoundingClientRect().top;
    const start = rows().indexOf(row);
    list.classList.add("is-dragging");
    row.classList.add("is-dragged");
    scrollBy(0, row.getBoundingClientRect().top - before);

    const drag = ({ clientY }) => {
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
      document.removeEventListener("pointermove", drag);
      document.removeEventListener("pointerup", drop);
      document.removeEventListener("pointercancel", drop);
      list.classList.remove("is-dragging");
      row.classList.remove("is-dragged");
      number();
      row.scrollIntoView({ block: "nearest" });
      if (rows().indexOf(row) !== start) {
        typed();
        say(`${headingOf(row)}: now section ${rows().indexOf(row) + 1} of ${rows().length}`);
      }
    };
    // The pointer is not captured by the handle: that would end as soon as its row moves.
    document.addEventListener("pointermove", drag);
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);
  });

  rows().forEach(showTools);
  number();

  window.newsroomAdmin ??= {};
  // When a question closes, with which of the two where the autumn change repeats that time.
  const closingOf = (row) => {
    const time = input(row, "closes_at")?.value ?? "";
    const which = row.querySelector('[name$="-closes_at_which"]:checked')?.value ?? "";
    return time && which ? `${time} ${which}` : time;
  };
  const wordsOf = (row) => ({
    kind: input(row, "kind").value,
    heading: input(row, "heading").value,
    body: newsroomAdmin.textOf(input(row, "body")),
    sisters: sisterBoxes(row).filter((box) => box.checked).map((box) => box.value).join(","),
    options: input(row, "options")?.value ?? "",
    closes_at: closingOf(row),
  });
  function fill(row, words) {
    input(row, "kind").value = words.kind;
    input(row, "heading").value = words.heading;
    newsroomAdmin.setText(input(row, "body"), words.body);
    const chosen = (words.sisters ?? "").split(",");
    for (const box of sisterBoxes(row)) box.checked = chosen.includes(box.value);
    if (input(row, "options")) input(row, "options").value = words.options ?? "";
    const closing = input(row, "closes_at");
    if (!closing) return;
    const [time, which] = (words.closes_at ?? "").split(" ");
    closing.value = time;
    for (const one of row.querySelectorAll('[name$="-closes_at_which"]')) one.checked = one.value === which;
    newsroomAdmin.showDate?.(closing);
  }
  newsroomAdmin.sections = {
    add,
    rows: () => rows().filter((row) => !isRemoved(row)),
    input,
    wordsOf,
    fill,
    read: () => rows().map((row) => ({ id: input(row, "id").value, ...wordsOf(row), ...itemOf(row), removed: isRemoved(row) })),
    write: (kept) => {
      const byId = new Map(rows().map((row) => [input(row, "id").value, row]));
      const unsaved = rows().filter((row) => !input(row, "id").value);
      const placed = new Set();
      for (const words of kept) {
        const known = words.id ? byId.get(words.id) : unsaved.shift();
        const row = known || add(words.kind);
        // A section that somebody removed meanwhile: the server compares it with what it was.
        if (!known && words.id) input(row, "id").value = words.id;
        list.append(row);
        placed.add(row);
        fill(row, words);
        for (const name of ITEM_FIELDS) input(row, name).value = words[name] ?? "";
        setRemoved(row, words.removed);
      }
      // Remove the starting sections of a new issue that the draft does not have.
      for (const row of unsaved) {
        setRemoved(row, true);
        row.hidden = true;
        newsroomAdmin.closeEditor(input(row, "body"), () => {
          row.remove();
          number();
        });
      }
      number();
    },
  };
});
