// Keys for reading: j and k go on and back, a digit ticks a rubric item, p and c go to points and comment,
// Ctrl+Enter keeps and goes on. Without this script everything works by mouse and Tab.

const form = document.getElementById("mark");
const points = form?.elements.namedItem("points");

function addUp() {
  const items = [...form.querySelectorAll("[data-points]:checked")];
  const sum = items.reduce((total, item) => total + Number(item.dataset.points), 0);
  points.value = String(Math.min(Number(points.max), Math.max(0, sum)));
}

form?.addEventListener("change", (event) => {
  if (event.target.matches("[data-points]")) addUp();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key.length > 1) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("a, [type=checkbox]")) wanted.click();
  else wanted.focus();
});
