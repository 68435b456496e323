// Items of a round-up: entered in a small form, or taken from the clippings tray by one click.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form || !newsroomAdmin.sections) return;
  const { input } = newsroomAdmin.sections;
  const oneLine = (words) => words.trim().replace(/\s+/g, " ");
  const fullStop = (words) => (/[.!?…”’):;,]$/.test(words) ? "" : ".");
  const isWeb = (address) => {
    try {
      return ["http:", "https:"].includes(new URL(address).protocol);
    } catch {
      return false;
    }
  };

  // The same list item as briefings/roundup_items.py makes.
  function listItem({ title, link, outlet, text }) {
    const make = (tag, ...children) => {
      const element = document.createElement(tag);
      element.append(...children);
      return element;
    };
    const lead = title || text || outlet || link;
    let linked = lead;
    if (isWeb(link)) {
      linked = make("a", lead);
      linked.setAttribute("href", link);
    }
    const item = make("li", make("strong", linked, fullStop(lead)));
    if (link && !isWeb(link) && link !== lead) item.append(` (${link})`);
    if (text && text !== lead) item.append(` ${text}${fullStop(text)}`);
    if (outlet && outlet !== lead) item.append(" ", make("em", outlet));
    return item;
  }

  function addTo(row, words) {
    const area = input(row, "body");
    const holder = document.createElement("template");
    holder.innerHTML = newsroomAdmin.textOf(area);
    let list = [...holder.content.children].filter(({ tagName }) => tagName === "UL" || tagName === "OL").pop();
    if (!list) {
      list = document.createElement("ul");
      holder.content.append(list);
    }
    for (const item of [...list.children]) if (!item.textContent.trim() && !item.querySelector("img, hr, table")) item.remove();
    list.append(listItem(words));
    newsroomAdmin.setText(area, holder.innerHTML);
    area.dispatchEvent(new Event("newsroom:typed", { bubbles: true }));
  }

  // The form within a section

  const FIELDS = ["title", "link", "outlet", "text"];
  const fieldOf = (row, name) => input(row, `item_${name}`);
  const showButton = (row) => {
    const box = row.querySelector("[data-roundup-item]");
    box.querySelector("[data-add-item]").hidden = false;
    const status = box.querySelector("[data-without-script]");
    if (status) {
      delete status.dataset.withoutScript;
      status.textContent = "";
    }
    if (FIELDS.some((name) => fieldOf(row, name).value)) box.open = true;
  };
  newsroomAdmin.sections.rows().forEach(showButton);
  form.addEventListener("formset:added", (event) => showButton(event.target));

  function addFrom(row) {
    const status = row.querySelector("[data-item-status]");
    const words = Object.fromEntries(FIELDS.map((name) => [name, oneLine(fieldOf(row, name).value)]));
    if (words.link && !/^[a-z][a-z0-9+.-]*:/i.test(words.link) && /^[^\s/]+\.[^\s]+$/.test(words.link)) words.link = `https://${words.link}`;
    if (!FIELDS.some((name) => words[name])) {
      status.textContent = "Enter a title or a link first.";
      fieldOf(row, "title").focus();
      return;
    }
    if (words.link && !isWeb(words.link)) {
      status.textContent = "This link leads nowhere. Enter the full address, which starts with https://.";
      fieldOf(row, "link").focus();
      return;
    }
    addTo(row, words);
    for (const name of FIELDS) fieldOf(row, name).value = "";
    status.textContent = `Added “${words.title || words.text || words.link}” to the list.`;
    fieldOf(row, "title").focus();
  }

  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-item]")) addFrom(event.target.closest("[data-section]"));
  });
  form.addEventListener("keydown", (event) => {
    const box = event.target.closest("[data-roundup-item]");
    if (event.key !== "Enter" || !box || !event.target.matches("input")) return;
    event.preventDefault(); // it would save the issue
    addFrom(box.closest("[data-section]"));
  });

  // The clippings tray

  const tray = document.querySelector("[data-tray]");
  if (!tray) return;
  const status = tray.querySelector("[data-tray-status]");
  const clippings = () => [...tray.querySelectorAll("[data-clipping]")];
  const isRoundup = (row) => input(row, "kind").value === "roundup";

  // What stands in a text of the page is ticked off; it is so for everybody once the issue is saved.
  function tick() {
    const holder = document.createElement("template");
    const links = new Set();
    for (const row of newsroomAdmin.sections.rows()) {
      holder.innerHTML = newsroomAdmin.textOf(input(row, "body"));
      for (const link of holder.content.querySelectorAll("a[href]")) links.add(link.getAttribute("href"));
    }
    for (const clipping of clippings()) {
      const isUsed = links.has(clipping.dataset.url);
      clipping.classList.toggle("is-used", isUsed);
      clipping.querySelector("[data-clip]").hidden = isUsed;
      clipping.querySelector("[data-clip-used]").hidden = !isUsed;
      clipping.querySelector("[data-clip-remove]").hidden = isUsed;
    }
  }

  tray.addEventListener("click", async (event) => {
    const clipping = event.target.closest("[data-clipping]");
    if (!clipping) return;
    if (event.target.closest("[data-clip]")) {
      event.preventDefault();
      const row = newsroomAdmin.sections.rows().find(isRoundup) ?? newsroomAdmin.sections.add("roundup");
      const { title, url, outlet, text } = clipping.dataset;
      addTo(row, { title, link: url, outlet, text });
      tick();
      status.textContent = `“${clipping.dataset.headline}” is at the end of the round-up.`;
    } else if (event.target.closest("[data-clip-remove]")) {
      event.preventDefault();
      await change(clipping, clipping.dataset.removeUrl, true);
    } else if (event.target.closest("[data-clip-restore]")) {
      await change(clipping, clipping.dataset.restoreUrl, false);
    }
  });

  async function change(clipping, url, isRemoved) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Fragment": "1" },
      redirect: "error",
    }).catch(() => null);
    if (!answer?.ok) {
      status.textContent = "This was not saved. Check your connection, or log in again in another tab.";
      return;
    }
    clipping.classList.toggle("is-removed", isRemoved);
    clipping.querySelector("[data-clip-undo]").hidden = !isRemoved;
    for (const part of clipping.querySelectorAll("[data-clip-part]")) part.hidden = isRemoved;
    clipping.querySelector(isRemoved ? "[data-clip-restore]" : "[data-clip-remove]").focus();
  }

  form.addEventListener("newsroom:typed", tick);
  tick();
});
