// An extension of JupyterLab, where `tweetsent lab` opens it. It's written by hand and needs no
// build: JupyterLab loads it like a bundled one, by the two functions at the end.
//
// After "Run All Cells" JupyterLab shows the end of the notebook, even when a cell at its top has
// failed. Then this shows the cell that failed.
(() => {
  const NAME = "tweetsent-lab";
  const RUNS = /^(notebook|runmenu):(restart-)?(and-)?run-(all|to)/;

  function hasFailed(cell) {
    const outputs = cell.model.type === "code" ? cell.model.outputs.toJSON() : [];
    return outputs.some((output) => output.output_type === "error");
  }

  async function showFailure(notebook) {
    const index = notebook?.widgets?.findIndex(hasFailed) ?? -1;
    if (index < 0) return;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    await notebook.scrollToItem(index, "center");
    const outputs = notebook.widgets[index].outputArea.node; // below a cell that may be long
    outputs.scrollIntoView({ block: "center" });
  }

  const plugin = {
    id: `${NAME}:plugin`,
    autoStart: true,
    activate: (app) => {
      app.commands.commandExecuted.connect((_, { id, result }) => {
        if (!RUNS.test(id)) return;
        const notebook = app.shell.currentWidget?.content;
        result.then(
          () => showFailure(notebook),
          () => showFailure(notebook),
        );
      });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[NAME] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
