// A formula wider than its box scrolls, so the keyboard has to reach it.
function reachable() {
  document.querySelectorAll('mjx-container[display="true"], div.math').forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", () => {
  Promise.resolve(window.MathJax?.startup?.promise).then(() => {
    reachable();
    addEventListener("resize", reachable);
  });
});
