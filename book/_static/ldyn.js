// The theme's buttons that unfold a chapter have no name.
document.querySelectorAll(".bd-sidebar-primary .has-children > details > summary").forEach((toggle) => {
  const chapter = toggle.closest("li").querySelector("a").textContent;
  toggle.setAttribute("aria-label", `Pages of ${chapter}`);
});
// A notebook is kept, not looked at.
document.querySelectorAll(".btn-download-notebook-button").forEach((link) => { link.download = ""; });
// A browser may break a line between a formula and the comma after it, or the bracket before it.
function keepTogether() {
  document.querySelectorAll("article span.math").forEach((formula) => {
    const [before, after] = [formula.previousSibling, formula.nextSibling];
    const opening = before?.nodeType === Node.TEXT_NODE && before.data.match(/[(\[“‘]+$/)?.[0];
    const closing = after?.nodeType === Node.TEXT_NODE && after.data.match(/^[.,;:!?)\]”’]+/)?.[0];
    if (!opening && !closing) return;
    const whole = document.createElement("span");
    whole.className = "ld-whole";
    formula.replaceWith(whole);
    if (opening) before.data = before.data.slice(0, -opening.length);
    if (closing) after.data = after.data.slice(closing.length);
    whole.append(opening || "", formula, closing || "");
  });
}
// A formula or table wider than its box scrolls, so the keyboard has to reach it.
function reachable() {
  document.querySelectorAll("article mjx-container").forEach((formula) => {
    const box = formula.hasAttribute("display") ? formula : formula.parentElement;
    const drawn = formula.querySelector("svg").getBoundingClientRect().width;
    if (drawn > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  });
  document.querySelectorAll("article .ld-scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", () => {
  Promise.resolve(window.MathJax?.startup?.promise).then(() => {
    keepTogether();
    reachable();
    addEventListener("resize", reachable);
    addEventListener("click", () => setTimeout(reachable, 100)); // a solution may have opened
  });
});
