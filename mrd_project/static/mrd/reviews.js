// Helps on the claims page; everything works without it. Keys: j, k move; a, r, e, x act on the claim in focus.
"use strict";
(() => {
  const cards = [...document.querySelectorAll("[data-claim]")];
  const boxes = [...document.querySelectorAll('input[name="pick"]')];
  const ticked = document.querySelector("[data-ticked]");
  const all = document.querySelector("[data-tick-all]");
  const count = () => {
    const number = boxes.filter((box) => box.checked).length;
    if (ticked) ticked.textContent = number ? `${number} ticked` : "None ticked";
    if (all) {
      all.checked = number > 0 && number === boxes.length;
      all.indeterminate = number > 0 && number < boxes.length;
    }
  };
  for (const hidden of document.querySelectorAll(".rv-all, .rv-keys")) hidden.hidden = false;
  for (const box of boxes) box.addEventListener("change", count);
  if (all) {
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      count();
    });
  }
  if (ticked) count();

  const move = (step) => {
    const here = cards.indexOf(document.activeElement.closest("[data-claim]"));
    const next = cards[Math.min(Math.max(here + step, 0), cards.length - 1)];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (!cards.length || event.ctrlKey || event.metaKey || event.altKey || (typing && typing.type !== "checkbox")) return;
    if (event.key === "j") return move(1);
    if (event.key === "k") return move(-1);
    const card = document.activeElement.closest("[data-claim]");
    if (!card) return;
    if (event.key === "x") {
      const box = card.querySelector('input[name="pick"]');
      if (box) {
        box.checked = !box.checked;
        count();
        event.preventDefault();
      }
      return;
    }
    const button = card.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    const comment = card.querySelector("textarea");
    if (event.key === "r" && comment && !comment.value.trim()) comment.focus();
    else button.click();
  });
})();
