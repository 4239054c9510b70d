// What the theme leaves out for people who use a keyboard or a screen reader. `document$` is the theme's: it
// tells of each page that is shown.
document$.subscribe(() => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  requestAnimationFrame(() => {
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) table.tabIndex = 0;
  });
});
