// The theme's buttons that unfold a chapter have no name.
document.querySelectorAll(".bd-sidebar-primary .has-children > details > summary").forEach((toggle) => {
  const chapter = toggle.closest("li").querySelector("a").textContent;
  toggle.setAttribute("aria-label", `Pages of ${chapter}`);
});
// A formula wider than its box scrolls, so the keyboard has to reach it.
function reachable() {
  document.querySelectorAll("mjx-container.ld-wide").forEach((f) => f.classList.remove("ld-wide"));
  document.querySelectorAll("mjx-container:not([display])").forEach((formula) => {
    const room = formula.parentElement.getBoundingClientRect().right;
    if (formula.getBoundingClientRect().right > room + 1) formula.classList.add("ld-wide");
  });
  document.querySelectorAll("mjx-container[display], mjx-container.ld-wide, div.math").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", () => {
  Promise.resolve(window.MathJax?.startup?.promise).then(() => {
    reachable();
    addEventListener("resize", reachable);
  });
});
