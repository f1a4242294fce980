// What is typed reaches the app without a click first, also after another window was in front.
const takeKeyboard = () => document.querySelector(".xterm-helper-textarea")?.focus();

window.addEventListener("load", takeKeyboard);
window.addEventListener("focus", takeKeyboard);
