// Shows the HTML that Python writes, and tells Python which element was picked and which key was
// pressed. An element that has the attribute `data-pick` can be picked; make it a <button>, so that
// the keyboard reaches it too. What a screen reader should say when it changes has `data-say`: its
// value, or without one the element's text. Several can have it; those are said that have changed.
const ENDS = [", least", ", most"]; // of a slider that has two handles

function nameSliders() {
  // The sliders of ipywidgets have a label that a screen reader doesn't find.
  for (const slider of document.querySelectorAll(".widget-slider")) {
    const name = slider.querySelector(".widget-label")?.textContent ?? "";
    const handles = slider.querySelectorAll("[role='slider']");
    handles.forEach((handle, place) => {
      const end = handles.length === 2 ? ENDS[place] : "";
      handle.setAttribute("aria-label", name + end);
    });
  }
}

// Returns where in a page an element of the HTML before is now: what can be picked, or says, the same.
function findAgain(page, before) {
  const parts = [...page.querySelectorAll(before.tagName)];
  const picked = before.dataset.pick;
  const words = before.textContent;
  return (
    parts.find((part) => picked !== undefined && part.dataset.pick === picked) ??
    parts.find((part) => words !== "" && part.textContent === words)
  );
}

function render({ model, el }) {
  const page = document.createElement("div");
  page.className = "tweetsent";
  page.setAttribute("role", "group");
  page.dataset.lmSuppressShortcuts = "true"; // in JupyterLab, a key here is no shortcut
  const news = document.createElement("div"); // stays, as only that is read out when it changes
  news.className = "tweetsent-news";
  news.setAttribute("aria-live", "polite");
  el.append(page, news);

  function draw() {
    const focused = page.contains(document.activeElement) ? document.activeElement : null;
    page.innerHTML = model.get("html");
    if (focused && focused !== page) (findAgain(page, focused) ?? page).focus();
    tellNews();
    requestAnimationFrame(nameSliders); // when those next to this are drawn too
  }

  function tellNews() {
    const sayings = [...page.querySelectorAll("[data-say]")].map(
      (part) => part.dataset.say || part.textContent,
    );
    while (news.children.length > sayings.length) news.lastElementChild.remove();
    sayings.forEach((saying, place) => {
      const line = news.children[place] ?? news.appendChild(document.createElement("div"));
      if (line.textContent !== saying) line.textContent = saying;
    });
  }

  function describe() {
    page.setAttribute("aria-label", model.get("label"));
    if (model.get("heard_keys").length) page.tabIndex = 0;
    else page.removeAttribute("tabindex");
  }

  function pick(event) {
    const target = event.target.closest("[data-pick]");
    if (target) model.send({ pick: target.dataset.pick });
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target.closest("button, summary, a");
    if (event.key === "Enter" && event.repeat && target) event.preventDefault(); // held down
    if (!model.get("heard_keys").includes(event.key)) return;
    if (event.key === " " && target) return; // it presses that
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !event.key.startsWith("Arrow")) return; // held down by mistake
    model.send({ key: event.key });
  }

  function obey(message) {
    if (message.do === "focus") page.focus(); // what Widget.focus() of ipywidgets sends
  }

  draw();
  describe();
  model.on("change:html", draw);
  model.on("change:label change:heard_keys", describe);
  model.on("msg:custom", obey);
  page.addEventListener("click", pick);
  page.addEventListener("keydown", press);
  return () => {
    model.off("change:html", draw);
    model.off("change:label change:heard_keys", describe);
    model.off("msg:custom", obey);
  };
}

export default { render };
