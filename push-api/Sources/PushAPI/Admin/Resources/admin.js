// Puts this installation's addresses into the examples. The browser asks for the credentials by itself.
const status = document.getElementById("status");

function show(api, stream) {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = element.dataset.text.replaceAll("{api}", api).replaceAll("{stream}", stream);
  }
}

function fail(text) {
  status.textContent = text;
  status.className = "failed";
}

async function load() {
  let response;
  try {
    response = await fetch("/api/v1/config", { headers: { Accept: "application/json" } });
  } catch {
    fail("This server does not answer. Reload the page when it is back.");
    return;
  }
  if (response.status === 401) {
    fail("Sign in with this installation's user name and password to see its addresses: reload the page.");
    return;
  }
  if (!response.ok) {
    fail(`The addresses could not be read (status ${response.status}). Reload the page to try again.`);
    return;
  }
  const { pushStream } = await response.json();
  show(location.origin, pushStream.url.replace(/\/+$/, ""));
  status.textContent = "The examples below hold this installation's addresses.";
}

load();
