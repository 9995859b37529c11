import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const typed = ['{src,migrations,test,bench,clients,examples}/**/*.ts', 'web/**/*.{ts,tsx}'];
const plain = ['**/*.{js,mjs,cjs}'];

/** `it.skip`, `describe.only`, `xit`, `fdescribe`…: a suite that is green runs all of its sentences. */
const noSkippedTests = [
  {
    selector:
      'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo|failing)$/]',
    message: 'No test is skipped, and none runs alone.',
  },
  {
    selector: 'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'No test is skipped, and none runs alone.',
  },
];

const houseSyntax = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: a reader finds the thing by searching for it.',
  },
  {
    selector: 'ExportSpecifier[exported.name="default"]',
    message: 'Export by name: a reader finds the thing by searching for it.',
  },
  {
    selector: 'ExportAllDeclaration',
    message: 'No barrels: import from the file that has it.',
  },
  {
    selector: 'ImportSpecifier[imported.name="forwardRef"]',
    message: 'Imports point one way: cut the circle instead of deferring it.',
  },
];

/** Handing `process.env` to src/config is how it gets there; picking a variable out of it is not. */
const environmentOnlyInConfig = {
  selector: 'MemberExpression[object.object.name="process"][object.property.name="env"]',
  message: 'src/config reads the environment, once; take the parsed value from there.',
};

/** The rules no published plugin in use has. */
const house = {
  rules: {
    'no-barrel': {
      meta: { type: 'problem', schema: [] },
      create: (context) => ({
        Program: (node) =>
          context.report({ node, message: 'No index files: name the file after what it holds.' }),
      }),
    },
    'describe-disable': {
      meta: { type: 'problem', schema: [] },
      create: (context) => ({
        Program: () => {
          for (const comment of context.sourceCode.getAllComments()) {
            const isDisable = /^\s*eslint-disable(-next-line|-line)?\b/.test(comment.value);
            if (isDisable && !/\s-{2,}\s+\S/.test(comment.value)) {
              context.report({ node: comment, message: 'Say why: `eslint-disable-… <rule> -- <reason>`.' });
            }
          }
        },
      }),
    },
  },
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'clients/*/dist/',
      'web/dist/',
      'clients/typescript/src/openapi.ts',
      'node_modules/',
      '.data/',
      'coverage/',
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' },
    plugins: { house },
    rules: {
      'house/describe-disable': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: typed,
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Files with decorators are left alone as long as tsconfig has emitDecoratorMetadata: there an
      // `import type` would take away the class that Nest injects.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // `rowsOf<Row>(…)` names its row type once, in the answer: that is its purpose.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      // Classes that describe bodies and answers to Swagger and validation are shapes: object literals fill
      // them, and spreading one is fine.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': ['error', ...houseSyntax],
    },
  },
  // Vite takes its configuration from a default export.
  { files: ['web/vite.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**'],
    rules: { 'no-restricted-syntax': ['error', ...houseSyntax, environmentOnlyInConfig] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...houseSyntax, ...noSkippedTests],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Bodies of HTTP answers and Jest's matchers are `any`; what a test expects of them is the check.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  { files: ['**/index.{ts,js,mjs,cjs}'], plugins: { house }, rules: { 'house/no-barrel': 'error' } },
  {
    files: plain,
    extends: [eslint.configs.recommended],
    languageOptions: {
      ecmaVersion: 2024,
      globals: Object.fromEntries(
        'AbortController AbortSignal Buffer URL URLSearchParams clearInterval clearTimeout console crypto fetch performance process setImmediate setInterval setTimeout structuredClone'
          .split(' ')
          .map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    files: ['web/public/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: { addEventListener: 'readonly', location: 'readonly', Element: 'readonly' },
    },
  },
  prettier,
);
