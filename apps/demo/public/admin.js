/** The admin page: a form to sign in, or what one may do who has. The session's cookie is out of this code's reach. */

/** @param {string} id @returns {any} */
const element = (id) => document.getElementById(id);

async function show() {
  const response = await fetch("/admin/me");
  const isSignedIn = response.status === 200;
  element("sign-in").hidden = isSignedIn;
  element("admin").hidden = !isSignedIn;
  element("password-error").hidden = location.hash !== "#wrong-password";
  if (isSignedIn) element("who").textContent = (await response.json()).userID;
  else element(location.hash === "" ? "user" : "password").focus();
}

element("upload").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const response = await fetch("/admin/links", { method: "POST", body: new FormData(element("upload")) });
  const answer = await response.json();
  if (response.status === 401) return show();
  element("result").textContent = response.ok
    ? `Added ${answer.added === 1 ? "1 link" : `${answer.added} links`}.`
    : answer.message;
  const refused = (answer.refused ?? []).map(({ line, why }) => {
    const item = document.createElement("li");
    item.textContent = `Line ${line}: ${why}.`;
    return item;
  });
  element("refused").replaceChildren(...refused);
  element("upload").reset();
});

void show();
