module.exports = function (config) {
  config.addPassthroughCopy("src/img");
  throw new Error("this must never run");
  return { dir: { input: "src", output: "_site" } };
};
