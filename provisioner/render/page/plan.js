"use strict";
(() => {
  const changes = [...document.querySelectorAll(".change")];
  const search = document.getElementById("search");
  const told = document.getElementById("shown");
  const nothing = document.getElementById("nothing");

  const refresh = () => {
    const wanted = search.value.trim().toLowerCase();
    for (const change of changes) change.hidden = !change.dataset.name.toLowerCase().includes(wanted);
    const isShown = (change) => !change.hidden && getComputedStyle(change).display !== "none";
    const shown = changes.filter((change) => isShown(change) && getComputedStyle(change.closest(".group")).display !== "none");
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !changes.some((change) => group.contains(change) && isShown(change));
    }
    for (const more of document.querySelectorAll(".more")) {
      if (wanted) more.open = true;
      more.hidden = !changes.some((change) => more.contains(change) && isShown(change));
    }
    told.textContent = shown.length === changes.length ? "" : `${shown.length} of ${changes.length} shown`;
    nothing.hidden = shown.length > 0;
  };
  document.querySelector(".tools").hidden = false;
  search.addEventListener("input", refresh);
  for (const box of document.querySelectorAll(".filters input[type=checkbox]")) box.addEventListener("change", refresh);

  const openAll = (open) => {
    for (const each of document.querySelectorAll(".more, .change")) each.open = open;
  };
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));

  const reveal = () => {
    const target = /^#c\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let each = target.parentElement; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") each.open = true;
    }
    const summary = target.parentElement.querySelector("summary");
    summary.focus({preventScroll: true});
    target.scrollIntoView({block: "start"});
  };
  addEventListener("hashchange", reveal);
  reveal();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });

  const svg = document.querySelector("svg");
  const look = (box) => {
    svg.classList.toggle("looking", box !== null);
    for (const each of svg.querySelectorAll(".near")) each.classList.remove("near");
    if (box === null) return;
    box.classList.add("near");
    for (const arrow of svg.querySelectorAll(".arrows path")) {
      const ends = [arrow.dataset.start, arrow.dataset.end];
      if (!ends.includes(box.dataset.box)) continue;
      arrow.classList.add("near");
      for (const end of ends) svg.querySelector(`.box[data-box="${end}"]`).classList.add("near");
    }
  };
  for (const box of svg ? svg.querySelectorAll(".box") : []) {
    box.addEventListener("mouseenter", () => look(box));
    box.addEventListener("mouseleave", () => look(null));
    box.addEventListener("focusin", () => look(box));
    box.addEventListener("focusout", () => look(null));
  }
  refresh();
})();
