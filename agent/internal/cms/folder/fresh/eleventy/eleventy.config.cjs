// Markdown and data become pages: https://www.11ty.dev/docs/config/
module.exports = function (config) {
  config.addPassthroughCopy("assets");
  config.addGlobalData("layout", "base.njk");
  config.addCollection("articles", (all) => all.getFilteredByGlob("posts/**/*.md").reverse());
  config.addCollection("pagesOfTerms", (all) => all.getAll().filter((page) => page.data.taxonomy && page.data.term));
  // What Markdown cannot say stands as HTML in it.
  config.amendLibrary("md", (md) => md.set({ html: true }));
};
