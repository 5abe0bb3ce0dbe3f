import { readFileSync } from "node:fs";
import ts from "typescript";

/** Where the contract's types stand. */
const SOURCE = new URL("../../../model/src/queries.ts", import.meta.url);

/** Types with names of their own, wherever they are used: `where.op=eq`, `select.event`. */
export const sharedTypes: Readonly<Record<string, string>> = {
  EventSelect: "select",
  Filter: "where",
  Cohort: "cohort",
  By: "by",
  Instant: "instant",
};
/** What the values of a type are does not matter for the name of an option. */
const opaqueTypes = ["Span", "Query"];

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/**
 * The name of every option and of every word that an option may be, read from the types:
 * `funnel.order=strict`, `users.cell.outcome=pending`, `where.cohort`.
 */
export function contractOptions(): Set<string> {
  const file = ts.createSourceFile("queries.ts", readFileSync(SOURCE, "utf8"), 99, true);
  const declarations = new Map<string, Declaration>();
  const words = new Map<string, readonly string[]>();
  file.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      declarations.set(node.name.text, node);
    }
    if (ts.isVariableStatement(node)) {
      const texts: string[] = [];
      const visit = (child: ts.Node): void => {
        if (ts.isStringLiteral(child)) texts.push(child.text);
        child.forEachChild(visit);
      };
      visit(node);
      for (const { name } of node.declarationList.declarations) {
        if (ts.isIdentifier(name)) words.set(name.text, texts);
      }
    }
  });
  const names = new Set<string>();

  function addMembers(prefix: string, members: ts.NodeArray<ts.TypeElement>): void {
    for (const member of members) {
      if (!ts.isPropertySignature(member) || member.type === undefined) continue;
      const name = `${prefix}.${member.name.getText(file)}`;
      if (name.endsWith(".kind")) continue;
      names.add(name);
      addType(name, member.type);
    }
  }
  function addNamed(prefix: string, name: string): void {
    const declaration = declarations.get(name);
    if (declaration === undefined) return;
    if (ts.isTypeAliasDeclaration(declaration)) {
      addType(prefix, declaration.type);
      return;
    }
    for (const clause of declaration.heritageClauses ?? []) {
      for (const { expression } of clause.types) {
        const base = expression.getText(file);
        if (sharedTypes[base] === undefined) addNamed(prefix, base);
      }
    }
    addMembers(prefix, declaration.members);
  }
  function addType(prefix: string, type: ts.TypeNode): void {
    if (ts.isUnionTypeNode(type)) for (const one of type.types) addType(prefix, one);
    else if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) {
      addType(prefix, type.type);
    } else if (ts.isArrayTypeNode(type)) addType(prefix, type.elementType);
    else if (ts.isTypeLiteralNode(type)) addMembers(prefix, type.members);
    else if (ts.isLiteralTypeNode(type)) {
      names.add(`${prefix}=${type.getText(file).replaceAll('"', "")}`);
    } else if (type.kind === ts.SyntaxKind.BooleanKeyword) {
      names.add(`${prefix}=true`);
      names.add(`${prefix}=false`);
    } else if (ts.isIndexedAccessTypeNode(type)) {
      // `(typeof filterOps)[number]`
      const list = /typeof (\w+)/.exec(type.getText(file))?.[1] ?? "";
      for (const word of words.get(list) ?? []) names.add(`${prefix}=${word}`);
    } else if (ts.isTypeReferenceNode(type)) {
      const name = type.typeName.getText(file);
      const isNested = name === "FunnelQuery" && prefix !== "funnel";
      if (isNested || opaqueTypes.includes(name) || sharedTypes[name] !== undefined) return;
      addNamed(prefix, name);
    }
  }

  const kinds = declarations.get("QueryOf");
  if (kinds === undefined || !ts.isInterfaceDeclaration(kinds)) throw new Error("No QueryOf");
  for (const member of kinds.members) {
    if (!ts.isPropertySignature(member) || member.type === undefined) continue;
    if (!ts.isTypeReferenceNode(member.type)) throw new Error(`No name: ${member.getText(file)}`);
    addNamed(member.name.getText(file), member.type.typeName.getText(file));
  }
  for (const [type, name] of Object.entries(sharedTypes)) addNamed(name, type);
  return names;
}
