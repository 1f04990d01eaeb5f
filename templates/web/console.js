// Keeps a page of the console live: times in words, copying, and the newest state without a reload.
// Everything works without it too, except that the reader has to reload.
"use strict";
(() => {
  const root = document.documentElement;
  const words = root.dataset;
  const spans = [86400, 3600, 60, 1];

  // -- times

  const span = (seconds) => {
    const units = words.units.split("|");
    const parts = [];
    let left = Math.abs(Math.round(seconds));
    for (let i = 0; i < spans.length && parts.length < 2; i += 1) {
      const count = Math.floor(left / spans[i]);
      left -= count * spans[i];
      if (count) parts.push(count + units[i]);
      else if (parts.length) break;
    }
    return parts.join(" ") || "0" + units[3];
  };

  const told = (time) => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (seconds < -5) return words.in.replace("{}", span(seconds));
    if (time.dataset.how === "for") return words.for.replace("{}", span(Math.max(seconds, 0)));
    if (seconds < 5) return words.now;
    return words.ago.replace("{}", span(seconds < 60 ? seconds : Math.floor(seconds / 60) * 60));
  };

  const tellTimes = () => {
    for (const time of document.querySelectorAll("time[data-how]")) {
      if (!time.title) time.title = time.textContent;
      const text = told(time);
      if (time.textContent !== text) time.textContent = text;
    }
  };

  // -- copying

  const copyByHand = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    area.setAttribute("readonly", "");
    document.body.append(area);
    area.select();
    let done = false;
    try {
      done = document.execCommand("copy");
    } catch {
      done = false;
    }
    area.remove();
    return done;
  };

  const copy = async (text) => {
    // Only https and loopback have a clipboard.
    if (navigator.clipboard && window.isSecureContext) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        return copyByHand(text);
      }
    }
    return copyByHand(text);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    const done = await copy(source.textContent);
    if (!done) getSelection().selectAllChildren(source);
    button.focus();
    const says = done ? words.copied : words.uncopied;
    button.dataset.said = says;
    document.getElementById("said").textContent = says;
    setTimeout(() => {
      delete button.dataset.said;
      document.getElementById("said").textContent = "";
    }, 1800);
  });

  // -- the newest state

  // What the reader did (an opened part, a selection, the focus, where the page stands) stays, because nodes that are
  // the same are left alone and the others are changed in place, found by their id.
  const kept = new Set(["open", "data-said", "title"]);

  const sameAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !(name === "open")) old.setAttribute(name, value);
    }
  };

  const alike = (old, fresh) =>
    old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");

  // A node that moves loses the reader's place and focus. So when `match` has to come before `at`, the fewer move: itself,
  // or what stands between, which goes to the end and is found there if it is still wanted.
  const bringForward = (parent, match, at, mayPark) => {
    const between = [];
    for (let node = at; node && node !== match; node = node.nextSibling) between.push(node);
    let behind = 0;
    for (let node = match.nextSibling; node; node = node.nextSibling) behind += 1;
    if (mayPark && between.length <= behind) parent.append(...between);
    else parent.insertBefore(match, at);
  };

  const morph = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.nodeName === "TIME") {
      const moved = old.dateTime !== fresh.dateTime || old.dataset.how !== fresh.dataset.how;
      sameAttributes(old, fresh);
      if (moved) {
        old.title = "";
        old.textContent = fresh.textContent;
      }
      return;
    }
    sameAttributes(old, fresh);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      let match = at;
      if (child.id) {
        match = [...old.children].find((each) => each.id === child.id && each.nodeName === child.nodeName);
      } else {
        while (match && match.id) match = match.nextSibling;
        if (match && !alike(match, child)) match = null;
      }
      if (!match) {
        old.insertBefore(child, at);
        continue;
      }
      if (match !== at) bringForward(old, match, at, Boolean(child.id));
      at = match.nextSibling;
      morph(match, child);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const pulse = document.getElementById("pulse");
  const showPulse = (lost) => {
    const text = lost ? words.lost : words.live;
    pulse.hidden = false;
    pulse.classList.toggle("lost", lost);
    if (pulse.textContent !== text) pulse.textContent = text;
  };

  const main = document.getElementById("main");
  const every = 2000;
  let etag = "";
  let failures = 0;
  let timer = 0;
  let asking = false;

  const take = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (fresh.documentElement.dataset.version !== words.version) return location.reload();
    document.title = fresh.title;
    const icon = fresh.getElementById("icon").getAttribute("href");
    if (document.getElementById("icon").getAttribute("href") !== icon) {
      document.getElementById("icon").setAttribute("href", icon);
    }
    morph(main, document.importNode(fresh.getElementById("main"), true));
    return tellTimes();
  };

  const ask = async () => {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(location.pathname + location.search, {
      headers,
      cache: "no-store",
      signal: AbortSignal.timeout(10000),
    });
    if (response.status === 304) return;
    // Logged out, or the incident is gone: let the browser show what is there now.
    if (response.redirected || (response.status >= 400 && response.status < 500)) {
      location.reload();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text();
    etag = response.headers.get("ETag") || "";
    take(text);
  };

  const poll = async () => {
    clearTimeout(timer);
    if (document.hidden || asking) return;
    asking = true;
    try {
      await ask();
      failures = 0;
    } catch {
      failures += 1;
    }
    asking = false;
    // One miss is a restart of the bot or a gap in the network, and no news.
    showPulse(failures > 1);
    timer = setTimeout(poll, Math.min(every * (failures + 1), 10000));
  };

  tellTimes();
  setInterval(tellTimes, 1000);
  if (main.hasAttribute("data-poll")) {
    document.addEventListener("visibilitychange", poll);
    window.addEventListener("online", poll);
    showPulse(false);
    timer = setTimeout(poll, every);
  }
})();
