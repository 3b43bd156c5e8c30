/** The little of WebAssembly that pdf-engine.ts needs; the library of the browser's types is not loaded on the server. */
declare namespace WebAssembly {
  type ImportValue = number | Memory | ((...args: number[]) => unknown)
  type Imports = Record<string, Record<string, ImportValue>>
  type Exports = Record<string, number | Memory | ((...args: number[]) => unknown)>
  class Memory {
    readonly buffer: ArrayBuffer
  }
  class Module {
    constructor(bytes: ArrayBuffer)
  }
  class Instance {
    readonly exports: Exports
    constructor(module: Module, imports: Imports)
  }
}
