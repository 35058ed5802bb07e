// Loaded only by a page that was opened to be printed.
window.addEventListener("load", () => window.print());
