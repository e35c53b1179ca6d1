// The playground: puts its parts together over one state, and keeps the address in step with the form.

import { html, render, useEffect, useMemo, useRef, useState } from "../../vendor/htm/standalone.module.js";
import { Endpoints } from "./endpoints.js";
import { KeyField, Parameters } from "./form.js";
import { History, remembered } from "./history.js";
import { KeyBox } from "./key.js";
import { explained, send } from "./request.js";
import { RequestView } from "./request_view.js";
import { Result } from "./result.js";
import { fromLink, holdsKey, link, problems, untouched, withoutKeys } from "./state.js";
import { Words, credits } from "./words.js";

const ADDRESS_AFTER_MS = 250;
const SAID_FOR_MS = 6000;

function App({ known, box }) {
  const offers = useMemo(() => known.groups.flatMap((group) => group.endpoints), [known]);
  const [form, setForm] = useState(() => fromLink(location.search, offers));
  const [outcome, setOutcome] = useState(null);
  const [calls, setCalls] = useState([]);
  const [running, setRunning] = useState(null);
  const [strict, setStrict] = useState(false);
  const [said, setSaid] = useState("");
  const [heard, setHeard] = useState("");
  const [seen, setSeen] = useState(box.seen);
  const [balance, setBalance] = useState(null);
  const keyInput = useRef(null);
  const heading = useRef(null);
  const { offer, values, told } = form;
  const current = useRef(offer);
  current.current = offer;

  useAddress(offer, values);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(""), said && SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const begin = (next, shown = null) => {
    running?.abort();
    setForm(next);
    setOutcome(shown);
    setStrict(false);
  };
  const choose = (name, given = {}) => {
    const next = offers.find((one) => one.name === name);
    const filled = { ...carried(next, values), ...given };
    history.replaceState(null, "", `?${link(offer, values)}`);
    history.pushState(null, "", `?${link(next, filled)}`);
    begin({ offer: next, values: filled, told: [] });
  };
  const run = async () => {
    if (running) return;
    setStrict(true);
    const refused = refusal(offer, values, seen, keyInput.current);
    if (refused) return void setHeard(refused);
    const stop = new AbortController();
    setRunning(stop);
    setHeard("Sending");
    const made = await send(offer, values, box.text, stop.signal);
    setRunning(null);
    setCalls((before) => remembered(before, made, new Date()));
    if (made.left !== null && made.left !== undefined) setBalance(made.left);
    setHeard(announced(made));
    if (current.current === offer) setOutcome(made);
    requestAnimationFrame(() => reveal(heading.current));
  };
  const restore = ({ outcome: one }) => begin({ offer: one.offer, values: one.values, told: [] }, one);
  useWindow("popstate", () => begin(fromLink(location.search, offers)));
  useWindow("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });
  const submit = (event) => {
    event.preventDefault();
    run();
  };

  return html`
    <div class="play">
      <${Endpoints} groups=${known.groups} chosen=${offer} onChoose=${choose} />
      <form class="ask" aria-labelledby="endpoint-name" autocomplete="off" novalidate onSubmit=${submit}>
        <h2 id="endpoint-name">${offer.summary}</h2>
        <p class="target"><span class="badge accent">${offer.method}</span> <code>${offer.path}</code></p>
        <p><${Words} text=${offer.description} /> <a href=${offer.docs}>Read about it in the docs</a></p>
        ${told.length > 0 && html`<div class="note bad" role="status">${told.map((text) => html`<p><bdi>${text}</bdi></p>`)}</div>`}
        <${KeyField} box=${box} seen=${seen} missing=${strict} input=${keyInput}
          onSeen=${() => { setSeen(box.seen); setBalance(null); }} />
        <${Parameters} offer=${offer} values=${values} strict=${strict}
          onChange=${(name, text) => setForm((now) => ({ ...now, told: [], values: { ...now.values, [name]: text } }))}
          onReset=${() => setForm({ offer, values: untouched(offer), told: [] })} />
        <div class="send">
          <button class="primary" aria-disabled=${String(running !== null)}>${running ? "Sending …" : "Send"}</button>
          <button type="button" aria-disabled=${String(running === null)} onClick=${() => running?.abort()}>Stop</button>
          <p class="hint">${price(offer, seen, balance)} <span class="by-key"><kbd>Ctrl</kbd>+<kbd>Enter</kbd> sends.</span></p>
        </div>
      </form>
      <div class="answer">
        <${RequestView} offer=${offer} values=${values} box=${box} seen=${seen} variable=${known.key.variable} onTold=${setSaid} />
        <${Result} offer=${offer} outcome=${outcome} busy=${running !== null} heading=${heading} onTold=${setSaid}
          onNext=${choose} />
        <${History} calls=${calls} onRestore=${restore} onClear=${() => setCalls([])} />
      </div>
      <p class="told" role="status">${said}</p>
      <p class="unseen" role="status">${heard}</p>
    </div>
  `;
}

/** Hears an event of the window with what was rendered last, however soon it comes after that. */
function useWindow(name, act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const hear = (event) => latest.current(event);
    addEventListener(name, hear);
    return () => removeEventListener(name, hear);
  }, []);
}

/** Keeps the address in step with the form, a moment after its last change. */
function useAddress(offer, values) {
  useEffect(() => {
    document.title = `${offer.summary} – Playground – Trendwire`;
    const timer = setTimeout(() => history.replaceState(null, "", `?${link(offer, values)}`), ADDRESS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [offer, values]);
}

/** The values of another endpoint's form, with what both have in common taken over. */
function carried(offer, before) {
  const values = untouched(offer);
  for (const row of offer.parameters) {
    const text = before[row.name] ?? "";
    const fits = row.options.length ? row.options.some((one) => one.value === text) : row.rule !== "whole";
    if (text && fits) values[row.name] = text;
  }
  return values;
}

/** Why the call is not sent, in words, with the focus where it can be put right; null when it can go. */
function refusal(offer, values, seen, keyInput) {
  if (!seen.present) {
    keyInput.focus();
    return "A key is needed to send.";
  }
  const [first] = problems(offer, values);
  if (!first) return null;
  document.getElementById(`p-${first[0]}`).focus();
  return `${first[0]} ${first[1]}.`;
}

function price(offer, seen, balance) {
  if (!offer.cost) return "This call is free.";
  if (seen.test) return "This call is free with a test key.";
  const cost = `This call costs ${credits(offer.cost)}, if it succeeds.`;
  if (balance === null) return cost;
  const rest = balance - offer.cost;
  return rest < 0 ? `${cost} The account has only ${balance.toLocaleString("en")}.` : `${cost} It leaves ${rest.toLocaleString("en")}.`;
}

function announced(outcome) {
  const { title, words } = explained(outcome);
  if (outcome.failed) return `${title}. ${words}`;
  const charged = outcome.cost === null ? "" : ` Charged: ${credits(outcome.cost)}.`;
  return `${outcome.status} ${title}, ${Math.round(outcome.ms)} ms.${charged} ${words.replaceAll("`", "")}`;
}

/** On a narrow screen the response is below the form. */
function reveal(element) {
  if (element && element.getBoundingClientRect().top > innerHeight - 160) element.scrollIntoView({ block: "start" });
}

/** Takes over from the page that was sent; if that fails, the page stays as it is, and works. */
async function start() {
  const place = document.getElementById("playground");
  const reply = await fetch(place.dataset.document);
  if (!reply.ok) return;
  const known = await reply.json();
  if (holdsKey(location.search)) history.replaceState(null, "", withoutKeys(location.search));
  const box = new KeyBox(known.key);
  place.replaceChildren();
  render(html`<${App} known=${known} box=${box} />`, place);
}

start();
