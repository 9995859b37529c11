const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/** The compiled bundle of this worker. V8 keeps what it compiled of it for the next test files. */
let compiled;

function compile(file) {
  const text = fs.readFileSync(file, 'utf8');
  // Stack traces would search a file that exists for its source map, for each test file.
  const filename = path.join(path.dirname(file), 'compiled');
  return new vm.Script(`(function (module, exports, require) {${text}\n})`, { filename });
}

/** Jest compiles a module anew for each test file. This gives each its own instance of the bundle, compiled before. */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const { bundle } = config.projectConfig.testEnvironmentOptions;
    this.global.loadPackages = (module, require) => {
      compiled ??= compile(bundle);
      compiled.runInContext(this.context).call(module.exports, module, module.exports, require);
    };
  }
};
