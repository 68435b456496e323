// The day or moment that a date field holds, in words beside it.
"use strict";
document.addEventListener("input", ({ target }) => window.newsroomAdmin.showDate(target));
document.addEventListener("change", ({ target }) => window.newsroomAdmin.showDate(target));
window.newsroomAdmin ??= {};
newsroomAdmin.showDate = (field) => {
  const words = field.nextElementSibling;
  if (!words?.matches("output.date-words")) return;
  // As UTC, so that the words are what the field says, whatever the computer's time zone.
  const moment = new Date(`${field.value}${field.value.includes("T") ? "" : "T00:00"}Z`);
  if (!field.value || Number.isNaN(moment.getTime())) {
    words.value = "";
    return;
  }
  const parts = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  const day = new Intl.DateTimeFormat("en-GB", parts).format(moment).replace(",", "");
  const time = field.value.split("T")[1];
  words.value = time ? `${day} at ${time.slice(0, 5)}` : day;
};
