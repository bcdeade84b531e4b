/**
 * The public declarations of one entry point. `exported` and `reachable` are sorted; the latter are those that an exported
 * one names and that cannot be imported themselves.
 *
 * @typedef {{ exported: string[], reachable: string[] }} EntryDeclarations
 */

/**
 * Reads the public declarations out of built declaration files, as text without comments. No library is loaded: declarations are
 * printed as they are written, and only names are resolved.
 */
export class DeclarationReader {
  /**
   * @param {any} ts the TypeScript module, of a version that has an API
   * @param {readonly string[]} files the declarations of every entry point that will be read, absolute
   */
  constructor(ts, files) {
    this.ts = ts;
    this.program = ts.createProgram({
      rootNames: files,
      options: {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2023,
        noLib: true,
        types: [],
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        noEmit: true,
      },
    });
    this.checker = this.program.getTypeChecker();
    this.printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });
  }

  /**
   * @param {string} file the declarations of an entry point
   * @param {string} folder the package's; what is declared elsewhere is named and not printed
   * @returns {EntryDeclarations}
   */
  read(file, folder) {
    const source = this.program.getSourceFile(file);
    const module = source && this.checker.getSymbolAtLocation(source);
    if (module === undefined) return { exported: [], reachable: [] };
    const own = (/** @type {any} */ declaration) =>
      declaration.getSourceFile().fileName.startsWith(`${folder}/dist/`);
    /** @type {any[]} */
    const symbols = this.checker.getExportsOfModule(module);
    const targets = symbols.map((symbol) => this.target(symbol));
    const reachable = this.closure(targets, own).filter((symbol) => !targets.includes(symbol));
    return {
      exported: symbols.map((symbol, at) => this.print(symbol.name, targets[at], own)).toSorted(),
      reachable: reachable.map((symbol) => this.print(symbol.name, symbol, own)).toSorted(),
    };
  }

  /** @param {any} symbol @returns {any} what an alias stands for */
  target(symbol) {
    return symbol.flags & this.ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** @param {string} name @param {any} symbol @param {(declaration: any) => boolean} own @returns {string} */
  print(name, symbol, own) {
    const declarations = symbol.declarations ?? [];
    const foreign = declarations.find((/** @type {any} */ one) => !own(one));
    if (declarations.length === 0) return `${name}: of another package`;
    if (foreign !== undefined) return `${name}: of ${packageOf(foreign.getSourceFile().fileName)}`;
    const text = declarations.map((/** @type {any} */ one) => this.printDeclaration(one)).join("\n");
    return name === symbol.name || symbol.name === "default" ? text : `${text} // exported as ${name}`;
  }

  /** @param {any} declaration @returns {string} */
  printDeclaration(declaration) {
    const { ts } = this;
    const source = declaration.getSourceFile();
    if (ts.isSourceFile(declaration)) return `namespace of ${source.fileName.split("/").at(-1)}`;
    // The keyword stands on the list of declarations, which holds one each.
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const printed = this.printer.printNode(ts.EmitHint.Unspecified, this.withoutPrivate(node), source);
    return printed.replace(/^(export )?(default )?(declare )?/, "");
  }

  /**
   * Takes the private members out of a class. A private constructor stays: it forbids `new`.
   *
   * @param {any} node @returns {any}
   */
  withoutPrivate(node) {
    const { ts } = this;
    if (!ts.isClassDeclaration(node)) return node;
    const isPrivate = (/** @type {any} */ member) =>
      !ts.isConstructorDeclaration(member) &&
      ((member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
        (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0);
    const members = node.members.filter((/** @type {any} */ member) => !isPrivate(member));
    const { modifiers, name, typeParameters, heritageClauses } = node;
    return ts.factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }

  /**
   * Follows the names in declarations.
   *
   * @param {any[]} symbols @param {(declaration: any) => boolean} own
   * @returns {any[]} these and all that they lead to in the same package
   */
  closure(symbols, own) {
    const seen = new Set(symbols);
    const visit = (/** @type {any} */ node) => {
      const symbol = this.named(node);
      if ((symbol?.declarations ?? []).some((/** @type {any} */ one) => own(one))) seen.add(symbol);
      this.ts.forEachChild(node, visit);
    };
    for (const symbol of seen) {
      for (const declaration of (symbol.declarations ?? []).filter(own))
        visit(this.withoutPrivate(declaration));
    }
    return [...seen];
  }

  /** @param {any} node @returns {any} what the node names as a type; undefined where it names none, or a parameter of one */
  named(node) {
    const { ts } = this;
    if (!ts.isIdentifier(node) || node.parent === undefined) return undefined;
    const kinds = [ts.isTypeReferenceNode, ts.isExpressionWithTypeArguments, ts.isTypeQueryNode];
    if (!kinds.some((is) => is(node.parent))) return undefined;
    const found = this.checker.getSymbolAtLocation(node);
    const symbol = found && this.target(found);
    return symbol?.declarations?.some(ts.isTypeParameterDeclaration) ? undefined : symbol;
  }
}

/** @param {string} file a declaration file @returns {string} the npm package that it is of */
function packageOf(file) {
  const installed = file.split("/node_modules/").at(-1) ?? file;
  const own = /\/packages\/([^/]+)\//.exec(file);
  if (installed === file && own !== null) return `@twinloop/${own[1]}`;
  return installed
    .split("/")
    .slice(0, installed.startsWith("@") ? 2 : 1)
    .join("/");
}
