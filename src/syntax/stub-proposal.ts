import type { MissingName } from '../domain/observation.ts';
import { type Declaration, declarationsOf, type SourceFile } from './declarations.ts';
import { type GoImport, importLines, importsOf, usedQualifiers, withImports } from './go-imports.ts';
import { fieldsGiven, headOf, inferred, isTyped, keepNames, parametersOf } from './go-stub-text.ts';
import { emptyBody } from './go-zero.ts';
import { folderOf, isTestFile, languageOf } from './language.ts';
import { loadParser } from './load-parser.ts';
import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf, tokensOf, visit } from './syntax-tree.ts';

/** Files that a stub consists of, and the names that it could not declare. */
export interface StubProposal {
  readonly files: readonly { readonly path: string; readonly newText: string }[];
  readonly unresolved: readonly MissingName[];
}

interface HeadFile {
  readonly path: string;
  readonly source: ParsedText;
  readonly imports: readonly GoImport[];
}

interface Found extends Declaration {
  readonly file: HeadFile;
}

/**
 * Proposes a stub for a Go change: what H declares of the missing names, and of the types that these need, without behaviour, in B's
 * tree. Functions return empty values; fields and interface methods are added to the types that are there; a function whose
 * signature changed keeps its body under the new one. New declarations go into files of their own (`redfirst_stub_…`), so
 * that nothing but a type or a signature changes in what is there. Whether it compiles, the compiler says.
 * @param headFiles the files that the change adds or modifies, at H
 * @param baseFiles the same paths at B, where they exist
 */
export async function proposeStub(
  missing: readonly MissingName[],
  headFiles: readonly SourceFile[],
  baseFiles: readonly SourceFile[],
): Promise<StubProposal> {
  const parse = await loadParser('go');
  const read = (files: readonly SourceFile[]): HeadFile[] =>
    files.flatMap(({ path, text }) => {
      const source = languageOf(path) === 'go' && !isTestFile(path) ? parse(text) : undefined;
      return source === undefined ? [] : [{ path, source, imports: importsOf(source) }];
    });
  const stub = new Stub(read(headFiles), read(baseFiles));
  const unresolved = missing.filter((one) => !stub.addMissing(one));
  return { files: stub.files(), unresolved };
}

const folderKey = (declaration: Found) => folderOf(declaration.file.path);

class Stub {
  readonly #head: readonly Found[];
  readonly #base: readonly Found[];
  readonly #baseFiles: ReadonlyMap<string, HeadFile>;
  readonly #folders: readonly string[];
  readonly #taken = new Set<SyntaxNode>();
  /** New declarations by the file of H that they come from. */
  readonly #added = new Map<HeadFile, string[]>();
  /** Replaced pieces of B's files, and what of H's imports they need. */
  readonly #edits = new Map<HeadFile, { start: number; end: number; text: string; imports: readonly GoImport[] }[]>();

  constructor(head: readonly HeadFile[], base: readonly HeadFile[]) {
    const all = (files: readonly HeadFile[]) =>
      files.flatMap((file) =>
        declarationsOf(file.path, file.source).map((declaration): Found => ({ ...declaration, file })),
      );
    this.#head = all(head);
    this.#base = all(base);
    this.#baseFiles = new Map(base.map((file) => [file.path, file]));
    this.#folders = [...new Set(head.map(({ path }) => folderOf(path)))];
  }

  /** Answers whether H has anything for the name that can be declared. */
  addMissing(missing: MissingName): boolean {
    if (missing.kind === 'command') return false;
    if (missing.kind === 'package') {
      const folder = this.#folderOf(missing.name);
      const found = this.#head.filter(
        (one) => folderKey(one) === folder && one.owner === undefined && this.#inBase(one) === undefined,
      );
      for (const one of found) this.#add(one);
      return found.length > 0;
    }
    const parts = missing.name
      .replace(/\[[^\]]*\]/g, '')
      .replace(/^[*&]+/, '')
      .split('.');
    const name = parts.at(-1);
    const owner = (missing.demandedBy ?? missing.owner)?.replace(/\[.*$/, '').split('.').at(-1) ?? parts.at(-2);
    const named = this.#head.filter((one) => one.name === name);
    const fitting = (one: Found) => (one.owner === owner ? 2 : 0) + (one.package === owner ? 1 : 0);
    const candidates = named
      .filter((one) => this.#inBase(one) === undefined || this.#inBase(one)?.shape !== one.shape)
      .sort((a, b) => fitting(b) - fitting(a));
    const best = candidates.find((one) => one.kind !== 'variable' || isTyped(one));
    if (best === undefined) return false;
    this.#add(best);
    return true;
  }

  files(): { path: string; newText: string }[] {
    const files: { path: string; newText: string }[] = [];
    for (const [file, edits] of this.#edits) {
      let text = file.source.text;
      for (const edit of [...edits].sort((a, b) => b.start - a.start))
        text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
      files.push({
        path: file.path,
        newText: withImports(
          file.source.text,
          text,
          file.imports,
          edits.flatMap(({ imports }) => imports),
        ),
      });
    }
    for (const [file, declarations] of this.#added) {
      const slash = file.path.lastIndexOf('/') + 1;
      const path = this.#baseFiles.has(file.path)
        ? `${file.path.slice(0, slash)}redfirst_stub_${file.path.slice(slash)}`
        : file.path;
      const body = declarations.join('\n\n');
      const used = usedQualifiers(body);
      const imports = importLines(file.imports.filter(({ name }) => used.has(name)));
      files.push({ path, newText: `${headOf(file.source)}\n${imports}${body}\n` });
    }
    return files.sort((a, b) => a.path.localeCompare(b.path));
  }

  #folderOf(importPath: string): string | undefined {
    return this.#folders
      .filter(
        (folder) => folder === importPath || importPath.endsWith(`/${folder}`) || folder.endsWith(`/${importPath}`),
      )
      .sort((a, b) => b.length - a.length)[0];
  }

  #inBase(one: Found): Found | undefined {
    return this.#base.find(
      (was) =>
        was.name === one.name && was.owner === one.owner && was.kind === one.kind && folderKey(was) === folderKey(one),
    );
  }

  #add(one: Found): void {
    if (this.#taken.has(one.node)) return;
    const was = this.#inBase(one);
    if (was !== undefined && was.shape === one.shape) return;
    this.#taken.add(one.node);
    if (one.kind === 'function' || one.kind === 'method') this.#addFunction(one, was);
    else if (one.kind === 'member') this.#addMember(one, was);
    else if (one.kind === 'type') this.#addType(one, was);
    else this.#addValue(one, was);
  }

  #addFunction(one: Found, was: Found | undefined): void {
    const { source } = one.file;
    const body = childOf(one.node, 'body');
    const head = source.text.slice(one.node.start, body?.start ?? one.node.end).trimEnd();
    this.#need(one.file, [
      childOf(one.node, 'receiver'),
      childOf(one.node, 'type_parameters'),
      childOf(one.node, 'parameters'),
      childOf(one.node, 'result'),
    ]);
    if (was === undefined) {
      this.#owner(one);
      const empty = emptyBody(source, childOf(one.node, 'result'), body);
      this.#need(one.file, empty.needs);
      this.#declare(one.file, `${head} ${empty.text}`);
      return;
    }
    const oldBody = childOf(was.node, 'body');
    if (oldBody === undefined) return;
    this.#replace(was, was.node.start, oldBody.start, `${keepNames(one, was)} `, one.file);
    this.#retype(one, was);
  }

  /** The body that stays puts parameters into fields: a field follows the type of its parameter, where it had the same. */
  #retype(one: Found, was: Found): void {
    const [now, before] = [parametersOf(one), parametersOf(was)];
    for (const [index, { type, text }] of now.entries()) {
      const old = before[index];
      if (old === undefined || type === undefined || old.text === text) continue;
      for (const name of fieldsGiven(was, old.name)) {
        const field = this.#base.find(
          (member) =>
            member.kind === 'member' &&
            member.name === name &&
            member.shape === old.text &&
            folderKey(member) === folderKey(was),
        );
        const place = field && childOf(field.node, 'type');
        if (field !== undefined && place !== undefined && !this.#taken.has(field.node)) {
          this.#taken.add(field.node);
          this.#replace(field, place.start, place.end, textOf(one.file.source, type), one.file);
        }
      }
    }
  }

  /** A method's type has to be there: a new one comes with it. */
  #owner(one: Found): void {
    const owner = this.#head.find(
      (type) => type.kind === 'type' && type.name === one.owner && folderKey(type) === folderKey(one),
    );
    if (owner !== undefined && this.#inBase(owner) === undefined) this.#add(owner);
  }

  #addMember(one: Found, was: Found | undefined): void {
    this.#need(one.file, [one.node]);
    const type = this.#base.find(
      (base) => base.kind === 'type' && base.name === one.owner && folderKey(base) === folderKey(one),
    );
    if (type === undefined) {
      this.#owner(one);
      return;
    }
    const text = textOf(one.file.source, one.node);
    if (was !== undefined) {
      this.#replace(was, was.node.start, was.node.end, text, one.file);
      return;
    }
    const definition = childOf(type.node, 'type');
    const end = definition?.type === 'struct_type' ? namedChildren(definition)[0]?.end : definition?.end;
    if (end !== undefined) this.#replace(type, end - 1, end - 1, `\n\t${text}\n`, one.file);
  }

  #addType(one: Found, was: Found | undefined): void {
    this.#need(one.file, [one.node]);
    if (was !== undefined) {
      // Only what is added or demanded otherwise: fields that are there stay as they are.
      const members = this.#head.filter(
        (member) => member.kind === 'member' && member.owner === one.name && folderKey(member) === folderKey(one),
      );
      if (members.length === 0)
        this.#replace(was, was.node.start, was.node.end, textOf(one.file.source, one.node), one.file);
      for (const member of members) if (this.#inBase(member)?.shape !== member.shape) this.#add(member);
      return;
    }
    this.#declare(one.file, `type ${textOf(one.file.source, one.node)}`);
    // What tests call on a type that is not there, the compiler does not list.
    for (const method of this.#head)
      if (method.kind === 'method' && method.owner === one.name && folderKey(method) === folderKey(one))
        this.#add(method);
  }

  #addValue(one: Found, was: Found | undefined): void {
    if (was !== undefined) return;
    const { source } = one.file;
    const group = one.node.parent?.type === 'const_declaration' ? one.node.parent : undefined;
    if (group !== undefined && tokensOf(source, group).includes('iota')) {
      if (this.#taken.has(group)) return;
      this.#taken.add(group);
      this.#need(one.file, [group]);
      this.#declare(one.file, textOf(source, group));
      return;
    }
    const type = childOf(one.node, 'type');
    const value = childOf(one.node, 'value');
    this.#need(one.file, one.kind === 'constant' ? [one.node] : [type ?? value]);
    if (one.kind === 'constant') this.#declare(one.file, `const ${textOf(source, one.node)}`);
    else if (type !== undefined) this.#declare(one.file, `var ${one.name} ${textOf(source, type)}`);
    else this.#declare(one.file, `var ${one.name}${inferred(source, namedChildren(value)[0]) ?? ''}`);
  }

  /** Types and constants that a declaration needs, as far as the change declares them. */
  #need(file: HeadFile, nodes: readonly (SyntaxNode | undefined)[]): void {
    const { source } = file;
    const want = (name: string, folder: string | undefined) => {
      for (const one of this.#head)
        if (
          one.name === name &&
          one.owner === undefined &&
          folderKey(one) === folder &&
          this.#inBase(one) === undefined
        )
          this.#add(one);
    };
    for (const node of nodes) {
      if (node === undefined) continue;
      visit(node, (at) => {
        if (at.type === 'qualified_type' || at.type === 'selector_expression') {
          const [qualifier, name] = textOf(source, at).split('.');
          const imported = file.imports.find((one) => one.name === qualifier);
          if (imported !== undefined && name !== undefined) want(name, this.#folderOf(imported.path));
        } else if ((at.type === 'type_identifier' || at.type === 'identifier') && at.field !== 'name')
          want(textOf(source, at), folderOf(file.path));
        return at.type !== 'block';
      });
    }
  }

  #declare(file: HeadFile, text: string): void {
    this.#added.set(file, [...(this.#added.get(file) ?? []), text]);
  }

  #replace(was: Found, start: number, end: number, text: string, from: HeadFile): void {
    const file = this.#baseFiles.get(was.file.path) ?? was.file;
    const used = usedQualifiers(text);
    const edit = { start, end, text, imports: from.imports.filter(({ name }) => used.has(name)) };
    this.#edits.set(file, [...(this.#edits.get(file) ?? []), edit]);
  }
}
