// Mermaid's small build is a plain script, and Sphinx's page imports a module.

const script = document.createElement("script");
script.src = new URL("mermaid.tiny.js", import.meta.url).href;
const loaded = new Promise((resolve, reject) => {
  script.onload = resolve;
  script.onerror = () => reject(new Error(`${script.src} does not load`));
});
document.head.append(script);
await loaded;

export default /** @type {any} */ (globalThis).mermaid;
