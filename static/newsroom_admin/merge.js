// Places that two people changed: a click puts one of the two texts into the field, an edit decides too.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const clash of document.querySelectorAll("[data-clash]")) {
    const kind = clash.dataset.clash;
    const radios = [...clash.querySelectorAll("input[type=radio]")];
    const hint = clash.querySelector("[data-clash-hint]");
    const form = clash.closest("form");
    const section = clash.closest("[data-section]");
    const fields = section
      ? [...section.querySelectorAll(`[name^="${clash.dataset.clashFields}-"]`)].filter((one) => !clash.contains(one))
      : [form.elements[clash.dataset.clashField]];
    const head = form.elements[clash.dataset.clashField];
    const theirs = section ? JSON.parse(clash.dataset.theirs) : clash.dataset.theirs;
    const read = () => (section ? newsroomAdmin.sections.wordsOf(section) : head.value);
    const fill = (words) => {
      if (section) newsroomAdmin.sections.fill(section, words);
      else head.value = words;
      form.dispatchEvent(new Event("newsroom:typed"));
    };

    if (kind === "changed") {
      // The field holds the text that counts, so that what is edited after the choice is saved.
      const answer = document.createElement("input");
      answer.type = "hidden";
      answer.name = radios[0].name;
      clash.append(answer);
      let mine = null;
      for (const radio of radios) {
        radio.name += "-shown";
        radio.addEventListener("change", () => {
          answer.value = "mine";
          if (radio.value === "theirs") {
            mine = read();
            fill(theirs);
            hint.textContent = "Theirs is below now, where you can edit it.";
          } else {
            if (mine) fill(mine);
            hint.textContent = "Yours is below, where you can edit it.";
          }
        });
      }
      const decide = () => {
        if (answer.value) return;
        answer.value = "mine";
        hint.textContent = "Your edited text will be saved.";
      };
      for (const field of fields) for (const name of ["input", "newsroom:typed"]) field.addEventListener(name, decide);
    } else {
      const keep = radios.find((radio) => radio.value === (kind === "removed_there" ? "mine" : "theirs"));
      const decide = () => {
        if (!radios.some((radio) => radio.checked)) keep.checked = true;
      };
      for (const field of fields) for (const name of ["input", "newsroom:typed"]) field.addEventListener(name, decide);
      for (const radio of radios) radio.addEventListener("change", () => form.dispatchEvent(new Event("newsroom:typed")));
    }
  }
});
