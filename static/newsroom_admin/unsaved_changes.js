// Unsaved changes. What is typed is kept in this browser at once and on the server soon after, so that an
// ended session, a refused form, a closed window or another computer loses nothing.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form) return;
  const FIELDS = ["title", "strapline", "subject", "preheader", "briefing", "number", "author", "slug", "goes_out", "goes_out_which", "note", "reviewer", "due_at"];
  const { user, autosaveUrl } = form.dataset;
  const issue = Number(form.dataset.issue) || null;
  const status = form.querySelector("[data-unsaved]");
  const loggedOut = form.querySelector("[data-logged-out]");
  const stem = `issue-draft:${user}:${location.pathname}`;
  const newToken = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
  // The token of this page, then those of the pages whose words it took over, as `token:sequence`.
  const tokens = form.elements.draft_token.value.split(" ").filter(Boolean);
  if (!tokens.length) tokens.push(newToken());
  let isUnsaved = "wasRefused" in form.dataset;
  let isLeaving = false;

  const storage = (action) => {
    try {
      return action();
    } catch {
      return null; // no storage, or it is full: the server still keeps the words
    }
  };
  const showTokens = () => (form.elements.draft_token.value = tokens.join(" "));
  // In the briefing's time zone, as every other time on this page.
  const timeZone = status.dataset.zoneName || undefined;
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  const say = (words, { isAtRisk = false } = {}) => {
    status.classList.toggle("is-at-risk", isAtRisk);
    if (status.textContent !== words) status.textContent = words;
  };
  showTokens();

  // While a conflict is open, a draft starts from the version before it: nothing has been chosen yet.
  const words = () => ({
    version: form.elements.merging_from?.value || (form.elements.from_version?.value ?? ""),
    shown: form.elements.shown?.value ?? "",
    seen: form.elements.seen?.value ?? "",
    fields: Object.fromEntries(FIELDS.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value])),
    sections: newsroomAdmin.sections?.read() ?? [],
    taken_over: tokens.slice(1),
  });

  // In this browser

  const KEPT_EVERY = 800;
  let localTimer = null;
  function keep() {
    clearTimeout(localTimer);
    localTimer = null;
    if (!isUnsaved) return;
    const content = words();
    // `kept` is the sequence number with which the server has these words.
    const kept = JSON.stringify(content) === sent ? sequence : null;
    store(tokens[0], { at: Date.now(), kept, ...content });
  }
  const store = (token, draft) => storage(() => localStorage.setItem(`${stem}:${token}`, JSON.stringify(draft)));

  // On the server: one request at a time, 3 seconds after the last key, and every 10 seconds while typing

  const QUIET = 3_000;
  const AT_MOST = 10_000;
  const LONGEST_WAIT = 30_000;
  const TIMEOUT = 20_000;
  let sequence = Date.now();
  let timer;
  let due = 0; // when the next request is sent at the latest
  let inFlight = false;
  let failures = 0;
  let isRetrying = false; // the next request is planned already, later than what is typed would plan it
  let sent = ""; // the words that the server has

  function plan(wait = QUIET) {
    if (!autosaveUrl) return;
    due ||= Date.now() + AT_MOST;
    clearTimeout(timer);
    timer = setTimeout(autosave, Math.max(0, Math.min(wait, due - Date.now())));
  }

  // The server refuses them when somebody else has logged in meanwhile, in another tab of this browser.
  const ask = (url, { headers, ...options }) =>
    fetch(url, {
      ...options,
      headers: { ...headers, "X-Page-User": user },
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
  const post = (url, body, options) =>
    ask(url, {
      ...options,
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      body: JSON.stringify(body),
    });

  // After logging out and in again in another tab, the page's token is not valid any more.
  async function send(url, body, options) {
    const answer = await post(url, body, options);
    if (answer.status !== 403 || answer.headers.get("Content-Type") === "application/json") return answer;
    const renewed = await renew();
    return renewed.ok ? post(url, body, options) : renewed;
  }
  async function renew() {
    const answer = await ask(autosaveUrl, {});
    if (answer.ok) form.elements.csrfmiddlewaretoken.value = (await answer.clone().json()).csrf;
    return answer;
  }

  let running = Promise.resolve();
  const autosave = () => (running = keepOnServer());

  // Send what the server does not have yet, and wait for it: this person is about to hand over.
  async function flush() {
    keep();
    await running;
    if (isUnsaved && JSON.stringify(words()) !== sent) await autosave();
  }

  async function keepOnServer() {
    if (inFlight || !isUnsaved || isLeaving) return;
    due = 0;
    isRetrying = false;
    const content = words();
    const text = JSON.stringify(content);
    if (text === sent) return;
    inFlight = true;
    sequence = Math.max(sequence + 1, Date.now());
    const page = { token: tokens[0], sequence, issue, ...content };
    let answer = null;
    try {
      answer = await send(autosaveUrl, page);
    } catch {
      // no connection, or no answer in time
    }
    inFlight = false;
    if (loggedOut) loggedOut.hidden = answer?.status !== 401;
    const result = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!result) {
      failures += 1;
      say("Not saved: kept in this browser only", { isAtRisk: true });
      if (answer && answer.status < 500 && ![401, 403, 408, 429].includes(answer.status)) {
        // These words are refused, and would be again. Others may not be.
        if (JSON.stringify(words()) !== text) plan();
        return;
      }
      due = 0;
      isRetrying = true;
      clearTimeout(timer);
      timer = setTimeout(autosave, Math.min(LONGEST_WAIT, QUIET * 2 ** (failures - 1)));
      return;
    }
    failures = 0;
    if (result.result === "kept") {
      sent = text;
      keep();
      say(`Not saved yet: draft kept at ${clock(result.at)}`);
      form.dispatchEvent(new CustomEvent("newsroom:kept")); // for the preview
    } else if (result.result === "settled") {
      tokens[0] = newToken(); // saved or thrown away elsewhere: what is typed here is another draft
      showTokens();
    } else {
      sequence = Math.max(sequence, result.sequence);
    }
    if (JSON.stringify(words()) !== sent) plan();
  }

  function forget(tokensToForget) {
    for (const token of tokensToForget) storage(() => localStorage.removeItem(`${stem}:${token.split(":")[0]}`));
    return autosaveUrl ? post(autosaveUrl, { settle: tokensToForget }).catch(() => null) : null;
  }

  // When

  function touch() {
    if (!isUnsaved) {
      isUnsaved = true;
      say("Not saved", { isAtRisk: true });
    }
    localTimer ??= setTimeout(keep, KEPT_EVERY);
    if (!isRetrying && !inFlight) plan();
  }

  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("newsroom:typed", touch);
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keep();
    else if (isUnsaved) plan(0); // back from logging in, perhaps
  });
  addEventListener("online", () => isUnsaved && plan(0));
  // A page of a new issue asks the server for nothing while nothing is typed, and may be saved then.
  let renewing = null;
  const LONGEST_RENEWAL = 3_000;
  addEventListener("focus", renewSoon);
  document.addEventListener("visibilitychange", () => document.hidden || renewSoon());
  function renewSoon() {
    if (!autosaveUrl || renewing || isLeaving) return;
    const tooLong = new Promise((resolve) => setTimeout(resolve, LONGEST_RENEWAL));
    renewing = Promise.race([renew().catch(() => null), tooLong]).then(() => (renewing = null));
  }
  addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || !renewing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      renewing.then(() => form.requestSubmit(button));
    },
    { capture: true },
  );
  addEventListener("beforeunload", (event) => {
    if (isUnsaved && !isLeaving) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    // A second click would be refused, because the first had saved meanwhile.
    if (isLeaving) {
      event.preventDefault();
      return;
    }
    newsroomAdmin.fillForm?.(form);
    keep();
    isLeaving = !event.defaultPrevented;
    setTimeout(() => (isLeaving = false), 10_000); // the save did not get through: allow another
  });

  // For the question that logging out asks: store what is typed, and then leave without a warning.
  window.newsroomAdmin ??= {};
  newsroomAdmin.draft = {
    keep,
    letGo() {
      clearTimeout(localTimer);
      clearTimeout(timer);
      isUnsaved = false;
    },
    forget,
    flush,
    send,
    newToken,
    clock,
  };

  // Earlier words, of this browser or of another: the newest are offered

  const banner = form.querySelector("[data-restore]");
  const nameOf = (token) => token.split(":")[0];
  const tokensOf = (draft) => [`${draft.token}:${draft.sequence ?? draft.kept ?? Math.round(draft.at)}`, ...(draft.taken_over ?? [])];

  // The server may have settled a draft of this browser, or lack its newest words: then it gets them.
  async function localDrafts() {
    const drafts = (
      storage(() =>
        Object.keys(localStorage)
          .filter((key) => key.startsWith(`${stem}:`))
          .map((key) => ({ token: key.split(":").pop(), ...JSON.parse(localStorage.getItem(key)) })),
      ) ?? []
    ).filter(({ token }) => !tokens.map(nameOf).includes(token));
    if (!drafts.length || !autosaveUrl) return drafts;
    const query = new URLSearchParams(drafts.map(({ token }) => ["draft", token]));
    const answer = await ask(`${autosaveUrl}?${query}`, {}).catch(() => null);
    const settled = (answer?.ok && (await answer.json().catch(() => null))?.settled) || {};
    const left = drafts.filter(({ token, kept }) => !(kept && kept <= settled[token]));
    for (const draft of drafts) if (!left.includes(draft)) storage(() => localStorage.removeItem(`${stem}:${draft.token}`));
    if (answer?.ok) for (const draft of left) if (!draft.kept) await sendDraft(draft, draft.token in settled);
    return left;
  }

  async function sendDraft(draft, isSettled) {
    const { at, token, kept, ...content } = draft;
    if (isSettled) draft.token = newToken(); // typed after what was saved
    const page = { ...content, token: draft.token, sequence: Math.round(at), issue };
    const answer = await send(autosaveUrl, page).catch(() => null);
    const result = answer?.ok ? await answer.json().catch(() => null) : null;
    if (result?.result !== "kept") return;
    draft.kept = result.sequence;
    const isNewest = storage(() => JSON.parse(localStorage.getItem(`${stem}:${token}`)).at === at);
    if (!isNewest) return; // its page is open in another tab, where somebody types
    store(draft.token, { at, kept: draft.kept, ...content });
    if (draft.token !== token) storage(() => localStorage.removeItem(`${stem}:${token}`));
  }

  // Whether the words of a draft are what the page showed when it was opened; a section that was new in it has an id by now.
  const written = (value) => String(value).replace(/\r\n?/g, "\n").trim();
  const wordsIn = (sections) =>
    sections
      .filter(({ removed }) => !removed)
      .map(({ id, removed, ...parts }) => Object.entries(parts).flatMap(([name, value]) => (value ? [`${name}: ${written(value)}`] : [])).sort());
  const isIn = (shown, { fields, sections, taken_over }) =>
    !taken_over?.length && // else it may have been emptied of words that another draft still has
    Object.entries(fields).every(([name, value]) => !(name in shown.fields) || written(shown.fields[name]) === written(value)) &&
    JSON.stringify(wordsIn(sections)) === JSON.stringify(wordsIn(shown.sections));

  async function offerEarlier() {
    const remote = document.getElementById("unsaved-words");
    const newest = remote && JSON.parse(remote.textContent);
    const contained = Object.fromEntries((newest?.taken_over ?? []).map((token) => token.split(":")));
    const shown = words();
    const drafts = [...(await localDrafts()), ...(newest ? [newest] : [])]
      .filter(({ token, kept }) => !(kept && kept <= contained[token]))
      .filter(({ token }) => !tokens.map(nameOf).includes(token))
      .sort((one, other) => other.at - one.at);
    const earlier = drafts.find((draft) => !isIn(shown, draft));
    const known = drafts.slice(0, earlier ? drafts.indexOf(earlier) : drafts.length);
    if (known.length) forget(known.flatMap(tokensOf));
    if (!earlier) return;
    banner.hidden = false;
    banner.querySelector("[data-restore-when]").textContent = new Date(earlier.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    banner.querySelector("[data-restore-take]").addEventListener("click", () => {
      for (const [name, value] of Object.entries(earlier.fields)) if (form.elements[name]) form.elements[name].value = value;
      newsroomAdmin.sections?.write(earlier.sections);
      // So that it is merged with what anybody saved since then, the form has the draft's version again.
      if (earlier.version && form.elements.from_version) {
        form.elements.from_version.value = earlier.version;
        form.elements.seen.value = earlier.seen;
        if (earlier.shown) form.elements.shown.value = earlier.shown;
      }
      // The page may still be open where the words come from: they stay there until they are saved here.
      tokens.push(...tokensOf(earlier).filter((token) => !tokens.includes(token)));
      showTokens();
      banner.hidden = true;
      form.elements.title.focus();
      touch();
    });
    banner.querySelector("[data-restore-drop]").addEventListener("click", () => {
      forget(tokensOf(earlier));
      banner.hidden = true;
      form.elements.title.focus();
    });
  }
  if (!isUnsaved) offerEarlier();
  if (isUnsaved) {
    say("Not saved", { isAtRisk: true });
    plan();
  }
});
