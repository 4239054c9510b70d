// Exchanges the code in the fragment of the address for a cookie, when the person says so: a scanner's own browser, which
// opens addresses unasked, must not use it up.

import { API, askWith, one, onSubmit, trying } from "./shared.js";
import { explained, language, text } from "./texts.js";

const form = one("#pair");

function pair() {
  return trying(form, async () => {
    const code = location.hash.slice(1);
    if (code === "") throw new Error(text("pair.no_code"));
    try {
      show(await (await askWith("POST", `${API}/pairing`, { code })).json());
    } catch (refused) {
      throw new Error(explained(refused));
    }
  });
}

function show({ name, expires_at: ends }) {
  history.replaceState(null, "", location.pathname); // used up; it need not stay in the address
  const date = new Date(ends).toLocaleDateString(language);
  form.hidden = true;
  one("#paired").hidden = false;
  one("#paired .facts").textContent = text("pair.until", { date });
  const title = one("#paired h2");
  title.textContent = text("pair.done", { name });
  title.focus();
}

onSubmit("#pair", pair);
one("button", form).disabled = false;
