// The front-end half of jpe_magics' mirror: an anywidget module that is never displayed.
//
// It reads the live document that the page shows (JupyterLab 4, Notebook 7: the widget manager's document
// context; nbclassic, Notebook 6: its notebook) and pushes it to the kernel: at the start, after changes,
// and when asked.  None of that is a documented interface, so every step is looked for before it is used;
// whatever is missing is told to the kernel, which then reads the saved file instead.
//
// Messages from the kernel: {type: "ask" | "save", id}.  To the kernel, each with `protocol` and `page`:
//   {type: "snapshot", id, revision, taken, client, front, path, dirty, notebook}
//   {type: "saved", id}
//   {type: "error", id, step, message}
//   {type: "here"}     the user does something on this page
//   {type: "gone"}     this page ends
// `id` is null where nothing was asked; `taken` is in milliseconds since the epoch on this page's clock; `client`
// is the session id that this page's requests to the kernel bear, "" where it is not known; `notebook` is shaped
// as nbformat 4, without outputs, with the metadata that can influence an export.

const PROTOCOL = 1;
const DELAY = 200; // milliseconds from a change to its push
const LIMIT = 5_000_000; // characters of all sources; beyond it, the saved file has to do
const CELL_METADATA = ["tags", "jpe", "microsoft", "vscode"];
const NOTEBOOK_METADATA = ["kernelspec", "language_info", "kernel_info", "jpe"];

class StepError extends Error {
  constructor(step, message) {
    super(message);
    this.step = step;
  }
}

function need(value, step, what) {
  if (value === undefined || value === null) throw new StepError(step, `this front end has no ${what}`);
  return value;
}

function only(keys, metadata) {
  const kept = {};
  for (const key of keys) {
    if (metadata && metadata[key] !== undefined) kept[key] = metadata[key];
  }
  return kept;
}

function cellOf(type, id, source, metadata) {
  if (typeof source !== "string") throw new StepError("read", "a cell's source is no text");
  const cell = { cell_type: type, source, metadata: only(CELL_METADATA, metadata) };
  if (typeof id === "string") cell.id = id;
  return cell;
}

// JupyterLab 4 and Notebook 7: `manager.context` is the document context of the notebook.
function labDocument(manager) {
  const context = manager.context;
  if (!context || !context.model || !context.model.cells) return null;
  const model = context.model;
  return {
    front: "lab",
    ready: context.ready,
    path: () => need(context.path, "path", "document path"),
    client: () => context.sessionContext?.session?.kernel?.clientId,
    dirty: () => model.dirty === true,
    metadata: () => {
      const shared = model.sharedModel;
      return (shared && typeof shared.getMetadata === "function" ? shared.getMetadata() : shared && shared.metadata) || {};
    },
    cells: () => {
      if (context.isDisposed === true) throw new StepError("closed", "the notebook was closed");
      const list = model.cells;
      const count = need(list.length, "read", "number of cells");
      return Array.from({ length: count }, (_, place) => {
        const cell = need(list.get(place), "read", `cell ${place}`);
        const shared = need(cell.sharedModel, "read", "shared cell model");
        const metadata = typeof shared.getMetadata === "function" ? shared.getMetadata() : shared.metadata;
        return cellOf(cell.type, cell.id, shared.getSource(), metadata);
      });
    },
    save: () => context.save(),
    listen: (changed) => {
      const signals = [model.contentChanged, model.metadataChanged, context.pathChanged];
      const found = signals.filter((signal) => signal && typeof signal.connect === "function");
      found.forEach((signal) => signal.connect(changed));
      return () => found.forEach((signal) => signal.disconnect(changed));
    },
  };
}

// nbclassic and Notebook 6: `manager.notebook` is what the page calls `Jupyter.notebook`.
function classicDocument(manager) {
  const notebook = manager.notebook;
  if (!notebook || typeof notebook.get_cells !== "function") return null;
  return {
    front: "classic",
    ready: null,
    path: () => need(notebook.notebook_path, "path", "notebook path"),
    client: () => notebook.kernel?.session_id,
    dirty: () => notebook.dirty === true,
    metadata: () => notebook.metadata || {},
    cells: () => {
      if (notebook._fully_loaded === false) throw new StepError("ready", "the notebook is still loading");
      return notebook.get_cells().map((cell) => cellOf(cell.cell_type, cell.id, cell.get_text(), cell.metadata));
    },
    save: () => notebook.save_notebook(),
    listen: (changed) => {
      // "set_dirty" comes only with the first change after a save: keys and clicks tell of the others
      const names = ["set_dirty", "notebook_loaded", "notebook_saved", "notebook_renamed", "selected_cell_type_changed"]
        .map((name) => `${name}.Notebook`)
        .concat(["create.Cell", "delete.Cell"])
        .join(" ");
      const events = notebook.events;
      if (events && typeof events.on === "function") events.on(names, changed);
      const target = typeof document === "undefined" ? null : document;
      for (const name of ["keyup", "mouseup"]) target?.addEventListener(name, changed, true);
      return () => {
        if (events && typeof events.off === "function") events.off(names, changed);
        for (const name of ["keyup", "mouseup"]) target?.removeEventListener(name, changed, true);
      };
    },
  };
}

// Tells of every key and click on this page, and of its end.
function watchPage(acted, left) {
  const target = typeof window === "undefined" ? null : window;
  const events = [["keydown", acted], ["pointerdown", acted], ["pagehide", left]];
  for (const [name, handler] of events) target?.addEventListener(name, handler, true);
  return () => {
    for (const [name, handler] of events) target?.removeEventListener(name, handler, true);
  };
}

function mayRun(event) {
  const held = event.ctrlKey || event.shiftKey || event.altKey || event.metaKey;
  return event.type === "pointerdown" || (event.key === "Enter" && held);
}

function read(doc) {
  const cells = doc.cells();
  const size = cells.reduce((sum, cell) => sum + cell.source.length, 0);
  if (size > LIMIT) throw new StepError("size", `the notebook's sources are longer than ${LIMIT} characters`);
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: only(NOTEBOOK_METADATA, doc.metadata()), cells };
  return { front: doc.front, path: doc.path(), notebook };
}

function initialize({ model, signal }) {
  const page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  let revision = 0;
  let last = "";
  let timer = null;
  let delay = DELAY;
  let closed = false;
  let doc = null;
  let deaf = () => {};
  let unwatch = () => {};

  const send = (message) => {
    if (closed) return;
    try {
      model.send({ protocol: PROTOCOL, page, ...message });
    } catch {
      stop(); // the way to the kernel is gone, and with it everyone who could be told
    }
  };
  const fail = (id, error) => {
    send({ type: "error", id, step: error.step || "front end", message: String(error.message || error) });
    last = "";
  };

  const push = (id) => {
    try {
      const began = Date.now();
      const state = read(need(doc, "document", "document that widgets can reach"));
      const text = JSON.stringify(state);
      // a long notebook whose outputs change all the time must not keep the page busy
      delay = Math.max(DELAY, 20 * (Date.now() - began));
      if (id === null && text === last) return;
      revision += 1;
      const client = doc.client();
      const about = { taken: began, client: typeof client === "string" ? client : "", dirty: doc.dirty() };
      send({ type: "snapshot", id, revision, ...about, ...state });
      last = text;
    } catch (error) {
      fail(id, error);
    }
  };

  // Not restarted by further changes: a cell that prints all the time must not put the push off for ever.
  const changed = () => {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      timer = null;
      push(null);
    }, delay);
  };

  // What was typed has to be told before the cell that this key or click may run, and which page it is.
  const acted = (event) => {
    if (!doc || !mayRun(event)) return;
    push(null);
    send({ type: "here" });
  };
  const left = () => {
    send({ type: "gone" });
    last = ""; // a page that comes back tells everything anew
  };

  const save = async (id) => {
    try {
      await need(doc, "document", "document that widgets can reach").save();
      push(null);
      send({ type: "saved", id });
    } catch (error) {
      fail(id, new StepError("save", String((error && error.message) || error)));
    }
  };

  const asked = (message) => {
    if (!message || typeof message !== "object") return;
    if (message.type === "ask") push(message.id ?? null);
    if (message.type === "save") save(message.id ?? null);
  };

  const stop = () => {
    closed = true;
    clearTimeout(timer);
    deaf();
    unwatch();
    model.off("msg:custom", asked);
  };

  const start = async () => {
    try {
      const manager = need(model.widget_manager, "manager", "widget manager");
      const found = labDocument(manager) || classicDocument(manager);
      need(found, "document", "document that widgets can reach");
      // read before it is ready, a document is empty
      if (found.ready) await found.ready;
      if (closed) return;
      doc = found;
      deaf = doc.listen(changed);
      unwatch = watchPage(acted, left);
      push(null);
    } catch (error) {
      fail(null, error);
    }
  };

  model.on("msg:custom", asked);
  if (signal) signal.addEventListener("abort", stop);
  start();
  return stop;
}

export default { initialize };
