import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from '../service/problems.js';
import { texts } from '../texts.js';
import { Say, type Sentence } from './sentence.js';

interface DialogProps {
  title: Sentence | string;
  /** Without it the dialog stays. */
  onClose?: (() => void) | undefined;
  children: ComponentChildren;
  className?: string;
}

/** A dialog over the page, which stays as it is. */
export function Dialog({ title, onClose, children, className = '' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  // What comes first may have to be read from the service.
  const isBegun = useRef(false);
  useLayoutEffect(() => {
    const first = dialog.current?.querySelector<HTMLElement>('[data-first]');
    if (isBegun.current || first === null || first === undefined) return;
    isBegun.current = true;
    if (document.activeElement?.matches('input, select') !== true) first.focus();
  });
  return (
    <dialog
      ref={dialog}
      class={className}
      aria-labelledby={id}
      // A key in the dialog is none of what lies beneath.
      onKeyDown={(event) => event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      // A browser lets nobody hold a dialog open for ever.
      onClose={() => {
        if (onClose === undefined) dialog.current?.showModal();
        else onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose?.();
      }}
    >
      <div class="sheet">
        <header>
          <h2 id={id}>
            <Say of={title} />
          </h2>
          {onClose !== undefined && (
            <button type="button" class="plain" aria-label={texts.close} onClick={onClose}>
              ✕
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface FormProps {
  title: Sentence | string;
  submit: string;
  onClose: () => void;
  /** What the form does. What it throws is shown, and the form stays as it is. */
  onSubmit: () => Promise<unknown>;
  canSubmit?: boolean;
  /** Whether the dialog has another step. */
  staysOpen?: boolean;
  children: ComponentChildren;
}

/** A dialog that asks for something and does it. */
export function FormDialog({
  title,
  submit,
  onClose,
  onSubmit,
  canSubmit = true,
  staysOpen = false,
  children,
}: FormProps) {
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (event: Event) => {
    event.preventDefault();
    if (isRunning || !canSubmit) return;
    setRunning(true);
    setProblem(null);
    try {
      await onSubmit();
      if (staysOpen) setRunning(false);
      else onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setRunning(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void run(event)}>
        {children}
        <p class="problem" role="status">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="main" disabled={isRunning || !canSubmit}>
            {submit}
          </button>
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
