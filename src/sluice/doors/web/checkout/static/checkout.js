// The payer's page without reloads. The page works without this file too: it only saves clicks.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const RETRY_MS = 5000;
  const POLL_MS = 15000;
  const LEAVE_S = 3;
  const SOON_MS = 60000;

  const say = document.getElementById("say");
  let skew = 0; // the server's clock minus ours
  let asking = false;
  let askAgain = false;
  let poll = null;
  let told = null; // the mark the server told last
  let leaving = null;
  let staying = false;

  const page = () => document.querySelector("main");
  const byId = (id) => document.getElementById(id);

  // Ask for a page. The browser parses it without running anything: no HTML passes through our hands.
  function request(method, url, body, done) {
    const asked = new XMLHttpRequest();
    asked.open(method, url);
    asked.responseType = "document";
    asked.timeout = 20000;
    if (body) asked.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    asked.onloadend = () => done(asked);
    asked.send(body);
  }

  function refresh() {
    if (asking) { askAgain = true; return; }
    asking = true;
    request("GET", location.href, null, (asked) => {
      asking = false;
      const fresh = asked.response && asked.response.querySelector("main");
      if (fresh && (asked.status === 200 || asked.status === 404)) {
        show(asked.response, fresh);
      } else {
        const wait = Number(asked.getResponseHeader("Retry-After")) * 1000;
        setTimeout(refresh, wait || RETRY_MS);
      }
      if (askAgain) { askAgain = false; setTimeout(refresh, 300); }
    });
  }

  function show(from, fresh, moveFocus) {
    const old = page();
    if (fresh.dataset.mark && fresh.dataset.mark === old.dataset.mark && fresh.dataset.state === old.dataset.state && !moveFocus) {
      old.dataset.now = fresh.dataset.now;
      enable(old);
      begin();
      return;
    }
    const open = [...old.querySelectorAll("details[open]")].map((each) => each.id);
    const focused = document.activeElement && document.activeElement.id;
    const said = old.dataset.say;
    old.replaceWith(document.adoptNode(fresh));
    document.title = from.title;
    for (const id of open) { const each = byId(id); if (each) each.open = true; }
    if (moveFocus) byId("heading").focus();
    else if (focused && byId(focused)) byId(focused).focus();
    if (fresh.dataset.say !== said) say.textContent = fresh.dataset.say;
    begin();
  }

  // What a page that has just come needs: our clock's error, the countdown, the way back.
  function begin() {
    const now = Number(page().dataset.now);
    if (now) skew = now - Date.now();
    tick();
    offerWallet();
    const way = document.querySelector("a[data-alone]");
    if (way && leaving === null && !staying) leave(way, LEAVE_S);
    // An answer that was on its way when something changed is old news.
    if (told && page().dataset.mark && told !== page().dataset.mark) setTimeout(refresh, 1000);
  }

  function enable(within, on = true) {
    for (const each of within.querySelectorAll("button")) each.disabled = !on;
  }

  const lines = byId("lines");
  if (lines && matchMedia("(min-width: 60rem)").matches) lines.open = true;

  let renewed = 0;
  function tick() {
    const until = byId("until");
    if (!until) return;
    const left = Number(until.dataset.until) - Date.now() - skew;
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const text = `${hours ? hours + ":" : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    if (until.textContent !== text) until.textContent = text;
    until.classList.toggle("soon", left < SOON_MS);
    if (left <= 0 && Date.now() - renewed > RETRY_MS) { renewed = Date.now(); refresh(); }
  }

  function leave(way, seconds) {
    byId("leaving").hidden = false;
    byId("seconds").textContent = seconds;
    if (seconds === 0) { location.assign(way.href); return; }
    leaving = setTimeout(() => {
      const still = document.querySelector("a[data-alone]");
      if (still) leave(still, seconds - 1); else leaving = null;
    }, 1000);
  }

  function stay() {
    clearTimeout(leaving);
    leaving = null;
    staying = true;
    byId("leaving").hidden = true;
    byId("way").focus();
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const value = button.parentElement.querySelector(".value");
      getSelection().selectAllChildren(value);
      say.textContent = "Selected. Copy it with your keyboard or menu.";
      return;
    }
    button.textContent = "Copied";
    button.classList.add("done");
    say.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; button.classList.remove("done"); }, 2000);
  }

  // The server tells when something changed; what it looks like now, the page itself says.
  function listen() {
    const path = document.body.dataset.live;
    if (!path || !window.EventSource) return;
    const source = new EventSource(path);
    source.addEventListener("state", (event) => {
      const now = JSON.parse(event.data);
      told = now.mark;
      if (told !== page().dataset.mark) refresh();
      else if (now.depth !== null) deepen(now);
      if (now.done) source.close();
    });
    source.addEventListener("open", () => { clearInterval(poll); poll = null; });
    source.addEventListener("error", () => {
      told = null;
      // Refused for good: there were too many, or something between us does not let streams pass.
      if (source.readyState === EventSource.CLOSED && poll === null) poll = setInterval(refresh, POLL_MS);
    });
  }

  function deepen(now) {
    const bar = byId("depth");
    const text = byId("depth-now");
    if (!bar || !text || Number(bar.max) !== now.wanted) return;
    const depth = Math.min(now.depth, now.wanted);
    bar.value = depth;
    text.textContent = depth;
    const left = byId("depth-left");
    if (left) left.hidden = true;
  }

  // The payer's own wallet, when the browser has one. It is asked for an address, the server for what
  // that address is to sign, and the wallet for that; what it says is not believed: the chain is.
  function walletHere() {
    const xverse = window.XverseProviders;
    return window.LeatherProvider || (xverse && (xverse.BitcoinProvider || xverse.StacksProvider)) || window.btc;
  }

  // Ethereum's wallets announce themselves (EIP-6963); an old one only leaves itself in the window.
  const announced = [];

  function ethereumWallets() {
    if (announced.length > 0) return announced;
    return window.ethereum ? [{ info: { name: "" }, provider: window.ethereum }] : [];
  }

  addEventListener("eip6963:announceProvider", (event) => {
    const told = event.detail;
    if (!told || !told.provider || !told.info) return;
    if (announced.some((one) => one.info.uuid === told.info.uuid)) return;
    announced.push(told);
    offerWallet();
  });

  function offerWallet() {
    const place = byId("by-wallet");
    if (!place) return;
    const first = byId("pay-wallet");
    if (first.dataset.kind !== "ethereum") {
      if (walletHere()) place.hidden = false;
      return;
    }
    ethereumWallets().forEach((wallet, at) => {
      let button = place.querySelectorAll("button")[at];
      if (!button) {
        button = first.cloneNode(true);
        button.removeAttribute("id");
        place.append(button);
      }
      button.dataset.at = at;
      if (wallet.info.name) button.textContent = `Pay with ${String(wallet.info.name).slice(0, 40)}`;
      place.hidden = false;
    });
  }

  async function askWallet(wallet, method, params) {
    const answer = await wallet.request(method, params);
    if (answer && answer.error) throw answer.error;
    return (answer && answer.result) || answer;
  }

  async function payerOf(wallet) {
    const known = async (method, params) => {
      const told = await askWallet(wallet, method, params);
      const found = (told && told.addresses) || [];
      return found.map((each) => each.address).find((address) => /^S[PTMN]/.test(address));
    };
    try {
      const address = await known("stx_getAddresses");
      if (address) return address;
    } catch (error) {
      if (error && (error.code === -32000 || error.code === -31001)) throw error;
    }
    return known("getAddresses", { purposes: ["stacks"] });
  }

  // The two kinds of wallets: who pays, and what is asked once the server said what.
  const kinds = {
    stacks: () => {
      const wallet = walletHere();
      return { payer: () => payerOf(wallet), pay: (asked) => askWallet(wallet, asked.method, asked.params) };
    },
    ethereum: (button) => {
      const wallet = ethereumWallets()[Number(button.dataset.at || 0)].provider;
      return {
        payer: async () => (await wallet.request({ method: "eth_requestAccounts" }))[0],
        ready: ({ params }) =>
          wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: params.chainId }] }),
        pay: async ({ method, params }) => {
          if (method !== "eth_signTypedData_v4") return wallet.request({ method, params: [params.transaction] });
          const { validBefore, nonce } = params.typedData.message;
          const signature = await wallet.request({ method, params: [params.payer, JSON.stringify(params.typedData)] });
          return { payer: params.payer, valid_before: validBefore, nonce, signature };
        },
      };
    },
  };

  // A wallet that only signed gives back what others are to pay the fee of; one that sent it is done.
  async function handOver(button, body, done) {
    const signed = done && done.transaction;
    if (!signed) {
      if (done && done.txid) return;
      throw new Error("unsigned");
    }
    body.set("transaction", signed);
    const answer = await fetch(button.dataset.wallet, { method: "POST", body });
    if (!answer.ok) throw Object.assign(new Error("refused"), { unsponsored: true });
  }

  async function payByWallet(button) {
    button.disabled = true;
    say.textContent = "Look into your wallet.";
    let signing = false;
    try {
      const wallet = kinds[button.dataset.kind](button);
      const payer = await wallet.payer();
      const body = new URLSearchParams({ pay: button.dataset.pay, payer: payer || "" });
      const answer = await fetch(button.dataset.wallet, { method: "POST", body });
      if (!answer.ok) { refresh(); throw new Error("refused"); }
      const asked = await answer.json();
      if (wallet.ready) await wallet.ready(asked);
      signing = true;
      const done = await wallet.pay(asked);
      if ("sponsored" in button.dataset) await handOver(button, body, done);
      // Signed and not sent: the shop brings it to the network.
      if (done && done.signature) {
        const taken = new URLSearchParams({ pay: button.dataset.pay, ...done });
        if (!(await fetch(button.dataset.wallet, { method: "POST", body: taken })).ok) {
          refresh();
          signing = false;
          throw new Error("refused");
        }
      }
      say.textContent = "Sent. Waiting for the network to see it.";
      button.textContent = "Sent";
    } catch (error) {
      button.disabled = false;
      // A wallet's window that was closed may have sent all the same.
      if (error && error.unsponsored) {
        say.textContent = "Nobody can pay the fee for you now. Pay with STX of your own, or try again.";
        return;
      }
      say.textContent = signing
        ? "Your wallet did not confirm. If you did sign, wait: the payment will show here."
        : "Your wallet cannot pay this. Please pay by hand.";
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && button.dataset.wallet) payByWallet(button);
    if (button && button.dataset.copy) copy(button);
    if (button && button.id === "stay") stay();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form));
    if (button && button.name) fields.append(button.name, button.value);
    enable(form, false);
    request("POST", form.action, fields, (asked) => {
      const fresh = asked.response && asked.response.querySelector("main");
      if (fresh) {
        if (asked.status === 200) history.replaceState(null, "", asked.responseURL);
        show(asked.response, fresh, !form.classList.contains("sandbox"));
      } else {
        enable(form);
        say.textContent = "That did not work. Please try again.";
      }
    });
  });

  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  setInterval(tick, 1000);
  addEventListener("load", offerWallet);
  dispatchEvent(new Event("eip6963:requestProvider"));
  begin();
  listen();
})();
