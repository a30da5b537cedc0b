"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stage = document.getElementById("stage"), panel = document.getElementById("chosen"), start = document.getElementById("start");
  const search = document.getElementById("search");
  document.body.classList.add("live");

  // A view is one laid-out picture; `box` is the part of it that is seen.
  const views = data.views.map((view) => {
    const svg = document.querySelector(`#view-${view.name} svg`), whole = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("role", "group"); // as a mere image its nodes could not be reached
    const up = view.boxes.map(() => []), down = view.boxes.map(() => []);
    view.arrows.forEach(([tail, head]) => { up[head].push(tail); down[tail].push(head); });
    const nodes = view.boxes.map((_, i) => document.getElementById(`${view.name}-n${i + 1}`));
    const edges = view.arrows.map((_, i) => document.getElementById(`${view.name}-e${i + 1}`));
    nodes.forEach((node, i) => {
      const last = data.nodes[view.boxes[i].key]?.last;
      if (last?.state === "failed") node.classList.add("failed");
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", view.boxes[i].label);
      node.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(view.boxes[i].key); }
      });
      node.addEventListener("click", () => { if (!moved) go(view.boxes[i].key); });
    });
    return { ...view, svg, whole, box: null, up, down, nodes, edges };
  });
  const READABLE = 0.75, NEARLY = 0.6;
  let now = views[0], moved = false;

  const look = (x, y, w, h) => { now.box = [x, y, w, h]; now.scale = stage.clientWidth / w; now.svg.setAttribute("viewBox", now.box.join(" ")); };
  // All of a region, but no smaller than `least` and never larger than life.
  const fit = ([x, y, w, h] = now.whole, least = 0) => {
    const { clientWidth: width, clientHeight: height } = stage, scale = Math.min(1.35, Math.max(least, Math.min(width / w, height / h)));
    look(x + (w - width / scale) / 2, y + Math.min(0, (h - height / scale) / 2), width / scale, height / scale);
  };
  // What is too large to be read as a whole is seen from its first box on, and no room is left empty beside what is cut off.
  const open = () => {
    fit();
    if (now.scale < NEARLY) fit(now.whole, READABLE);
    const [left, , whole] = now.whole, first = region([0]), room = whole - now.box[2];
    if (room > 0) look(left + Math.min(room, Math.max(0, first[0] - left + (first[2] - now.box[2]) / 2)), ...now.box.slice(1));
  };
  const zoom = (factor, at = [0.5, 0.5]) => {
    const [x, y, w, h] = now.box, width = Math.min(now.whole[2] * 8, Math.max(40, w / factor)), height = (h * width) / w;
    look(x + (w - width) * at[0], y + (h - height) * at[1], width, height);
  };
  const move = (dx, dy) => { const [x, y, w, h] = now.box; look(x - dx / now.scale, y - dy / now.scale, w, h); };
  const show = (name) => {
    now = views.find((view) => view.name === name);
    views.forEach((view) => { document.getElementById(`view-${view.name}`).hidden = view !== now; });
    document.querySelectorAll("[data-view]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.view === name));
    if (!now.box) open();
  };
  const region = (indices) => {
    const matrix = now.svg.getScreenCTM().inverse(), corners = indices.map((i) => now.nodes[i].getBoundingClientRect());
    const at = (x, y) => new DOMPoint(x, y).matrixTransform(matrix);
    const first = at(Math.min(...corners.map((c) => c.left)), Math.min(...corners.map((c) => c.top)));
    const last = at(Math.max(...corners.map((c) => c.right)), Math.max(...corners.map((c) => c.bottom)));
    return [first.x - 20, first.y - 20, last.x - first.x + 40, last.y - first.y + 40];
  };

  const index = (view, key) => view.boxes.findIndex((box) => box.key === key || (box.members ?? []).includes(key));
  const reach = (from, next) => {
    const found = new Set([from]);
    for (const each of found) next[each].forEach((other) => found.add(other));
    return found;
  };
  const go = (key) => { history.pushState(null, "", `#${encodeURIComponent(key)}`); choose(key); };
  const choose = (key) => {
    const exact = (view) => view.boxes.some((box) => box.key === key);
    if (!exact(now)) { const other = views.find(exact) ?? views.find((view) => index(view, key) >= 0); if (other) show(other.name); }
    const here = index(now, key);
    if (here < 0) return clear();
    views.forEach((view) => view.nodes.forEach((node) => node.classList.remove("here")));
    const kin = [reach(here, now.up), reach(here, now.down)];
    now.nodes.forEach((node, i) => { node.classList.toggle("dim", !kin.some((side) => side.has(i))); node.classList.toggle("here", i === here); });
    now.edges.forEach((edge, i) => edge.classList.toggle("dim", !kin.some((side) => now.arrows[i].every((end) => side.has(end)))));
    const spot = now.nodes[here].getBoundingClientRect(), frame = stage.getBoundingClientRect();
    if (spot.right < frame.left || spot.left > frame.right || spot.bottom < frame.top || spot.top > frame.bottom) fit(region([here]), READABLE);
    tell(now.boxes[here], key);
  };
  const clear = () => {
    views.forEach((view) => [...view.nodes, ...view.edges].forEach((each) => each.classList.remove("dim", "here")));
    panel.hidden = true;
    start.hidden = false;
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  };

  // Everything is put in as text: no name can become markup.
  const make = (tag, text, ...children) => { const made = document.createElement(tag); if (text) made.textContent = text; made.append(...children); return made; };
  const link = (key, text = key) => { const made = make("button", text); made.type = "button"; made.className = "link"; made.addEventListener("click", () => go(key)); return made; };
  const list = (items) => make("ul", "", ...items.map((item) => make("li", "", ...[item].flat())));
  const pairs = (object) => make("dl", "", ...Object.entries(object).flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
  const part = (title, ...children) => [make("h3", title), ...children];
  const contract = (name) => {
    const it = data.contracts[name];
    if (!it) return [];
    const rows = it.columns.map(([column, type, words, text]) => make("tr", "", make("td", column), make("td", `${type} ${words}`, ...(text ? [make("small", text)] : []))));
    const about = [it.description, it.owner && `owner ${it.owner}`].filter(Boolean).join(" · ");
    return part(`contract ${name} ${it.version ?? ""}`, make("p", about), make("table", "", make("tbody", "", ...rows)));
  };
  const reads = (each) => [make("span", `${each.argument} ← `), link(each.node, each.output ? `${each.node}.${each.output}` : each.node), make("span", [each.contract && ` ${each.contract}`, each.population && ` · ${each.population}`].filter(Boolean).join(""))];
  const makes = (each) => [each.name, each.kind, each.contract, each.population && `· ${each.population}`, each.codec && `as ${each.codec}`].filter(Boolean).join(" ");
  const gate = (each) => { const said = make("b", each.verdict ? ` ${each.verdict.replace("_", " ")}` : ""); said.className = each.verdict ?? ""; return [make("span", each.text), said, make("span", each.why ? `: ${each.why}` : "")]; };
  const metric = (it) => part("metric", make("p", it.what), ...(it.value ? [pairs({ "last value": it.value })] : []), ...(it.gates ? part("gates", list(it.gates.map(gate))) : []));
  const tell = (box, key) => {
    const it = data.nodes[key], close = make("button", "×"), title = make("h2", it ? key : box.title), kind = make("p", it ? it.kind : box.label.slice(0, -box.title.length));
    close.type = "button";
    close.className = "close";
    close.setAttribute("aria-label", "let go of this node");
    close.addEventListener("click", clear);
    kind.className = "kind";
    const said = [close, kind, title];
    if (it) {
      if (it.description) said.push(make("p", it.description));
      if (it.metric) said.push(...metric(it.metric));
      if (it.last) said.push(...part("last run", pairs(it.last)));
      said.push(...part("facts", pairs(it.facts ?? {})));
      if (it.params) said.push(...part("parameters", pairs(it.params)));
      if (it.columns) said.push(...part("made of", pairs(it.columns)));
      if (it.inputs) said.push(...part("reads", list(it.inputs.map(reads))));
      if (it.outputs) said.push(...part("makes", list(it.outputs.map((each) => [make("span", makes(each))]))));
      new Set((it.outputs ?? []).map((each) => each.contract)).forEach((name) => said.push(...contract(name)));
    } else {
      said.push(...box.details.map((text) => make("p", text)));
      const all = views.find((view) => view.name === "all");
      if (all) {
        const these = make("button", "Show them in the picture");
        these.type = "button";
        these.addEventListener("click", () => { clear(); show("all"); fit(region(box.members.map((member) => index(all, member)))); });
        said.push(make("p", "", these));
      }
      said.push(...part("nodes", list(box.members.map((member) => link(member)))));
    }
    panel.replaceChildren(...said);
    panel.hidden = false;
    start.hidden = true;
    panel.parentElement.scrollTop = 0;
  };
  const names = Object.keys(data.nodes);
  const matches = () => names.filter((name) => name.toLowerCase().includes(search.value.toLowerCase()));
  search.addEventListener("input", () => {
    if (!search.value) return clear();
    const found = matches();
    panel.replaceChildren(make("h2", `${found.length} found`), list(found.slice(0, 100).map((name) => link(name))));
    panel.hidden = false;
    start.hidden = true;
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter" && matches().length) go(matches()[0]); });

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top, width, height } = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 500), [(event.clientX - left) / width, (event.clientY - top) / height]);
  }, { passive: false });
  let from = null;
  stage.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; moved = false; });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    stage.classList.add("moving");
    move(dx, dy);
    from = [event.clientX, event.clientY];
  });
  window.addEventListener("pointerup", () => { from = null; stage.classList.remove("moving"); });
  const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; clear(); }
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "+" || event.key === "=") zoom(1.25);
    if (event.key === "-") zoom(0.8);
    if (event.key === "0") fit();
    if (step[event.key] && stage.contains(event.target)) { event.preventDefault(); move(...step[event.key]); }
  });
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => ({ in: () => zoom(1.25), out: () => zoom(0.8), fit: () => fit() })[button.dataset.zoom]()));
  document.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => show(button.dataset.view)));
  window.addEventListener("resize", () => {
    const [x, y, w, h] = now.box, width = stage.clientWidth / now.scale, height = stage.clientHeight / now.scale;
    look(x + (w - width) / 2, y + (h - height) / 2, width, height);
  });
  const fromHash = () => { if (location.hash.length > 1) { try { choose(decodeURIComponent(location.hash.slice(1))); } catch { clear(); } } else clear(); };
  window.addEventListener("hashchange", fromHash);
  open();
  fromHash();
})();
