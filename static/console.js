// Comfort only: every page works without this file. Nothing here decides, signs, sends or deletes.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  // Keys. Off in fields, with a modifier held, and where the person switched them off.
  const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const go = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  };
  const focus = (id) => {
    const el = document.getElementById(id);
    if (!el) return;
    el.scrollIntoView({ block: "start" });
    el.focus({ preventScroll: true });
  };
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const step = (by) => {
    const all = rows();
    const here = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
    const link = row && row.querySelector("a");
    if (link) link.focus();
  };
  const open = () => {
    const row = rows().find((r) => r.contains(document.activeElement));
    const link = row && row.querySelector("a");
    if (link) link.click();
  };
  const sections = ["message", "audience", "consent", "schedule", "links"];
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: open,
    "/": () => {
      const field = document.querySelector("[data-search]");
      if (field) field.focus();
    },
    "[": () => go("a[rel=prev]"),
    "]": () => go("a[rel=next]"),
    d: () => focus("decision"),
    u: () => go("[data-up]"),
    "?": () => go("[data-help]"),
  };
  let leader = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    const field = typing(document.activeElement);
    if (event.key === "Escape") {
      if (field) document.activeElement.blur();
      for (const menu of document.querySelectorAll(".nav details[open]")) menu.open = false;
      return;
    }
    if (field || !document.body.hasAttribute("data-keys")) return;
    if (Date.now() - leader < 1500) {
      leader = 0;
      if (/^[a-z]$/.test(event.key) && go(`[data-go="${event.key}"]`)) event.preventDefault();
      return;
    }
    if (event.key === "g") {
      leader = Date.now();
      return;
    }
    if (/^[1-5]$/.test(event.key) && document.querySelector("[data-sections]")) {
      event.preventDefault();
      focus(sections[Number(event.key) - 1]);
      return;
    }
    if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // A double click sends a form once. Who comes back to the page, or waits for long, may send it again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.hasAttribute("data-sent")) event.preventDefault();
    form.setAttribute("data-sent", "");
    setTimeout(() => form.removeAttribute("data-sent"), 3000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent");
  });

  // A form that failed puts its summary under the reader's eyes.
  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  // How many sections are ticked, in the bar at the bottom of a small screen.
  const jump = document.querySelector("[data-checked]");
  if (jump) {
    const boxes = [...document.querySelectorAll('input[name="section"]')];
    const words = jump.textContent;
    const count = () => {
      const made = boxes.filter((box) => box.checked).length;
      jump.textContent = words.replace(/\d+/, String(made));
    };
    for (const box of boxes) box.addEventListener("change", count);
    count();
  }

  // A digest is copied whole by a click on it.
  document.addEventListener("click", async (event) => {
    const digest = event.target instanceof Element && event.target.closest("code.digest[title]");
    if (!digest || !navigator.clipboard || String(window.getSelection())) return;
    try {
      await navigator.clipboard.writeText(digest.title);
      digest.classList.add("copied");
      setTimeout(() => digest.classList.remove("copied"), 1200);
    } catch {
      // The value is selectable text as well.
    }
  });

  // The monitor's numbers, every five seconds while somebody looks; spoken at most every ten.
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const button = document.querySelector("[data-pause]");
  const spoken = document.querySelector("[data-live-words]");
  let paused = false;
  let said = 0;
  let wait = 5000;
  const load = async () => {
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch(live.dataset.live, { headers: { accept: "text/html" }, cache: "no-store", redirect: "error" });
        if (answer.status === 200) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const unfolded = [...live.querySelectorAll("details")].map((el) => el.open);
          live.replaceChildren(...page.body.childNodes);
          live.querySelectorAll("details").forEach((el, i) => (el.open = Boolean(unfolded[i])));
          wait = 5000;
          const words = live.querySelector("[data-words]");
          if (words && spoken && Date.now() - said >= 10000) {
            said = Date.now();
            spoken.textContent = words.dataset.words;
          }
          if (live.querySelector("[data-finished]")) {
            location.reload();
            return;
          }
        } else {
          wait = Math.min(wait * 2, 60000);
        }
      } catch {
        wait = Math.min(wait * 2, 60000);
      }
    }
    setTimeout(load, wait);
  };
  if (button) {
    const words = [button.textContent, button.dataset.resume];
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = words[Number(paused)];
      button.setAttribute("aria-pressed", String(paused));
    });
  }
  setTimeout(load, wait);
})();
