import { Component, type ComponentChild } from 'preact';

/** A component that renders again only when what it is given differs, looked at as JSON: a new snapshot has new objects. */
export function memo<P extends object>(render: (props: P) => ComponentChild) {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return JSON.stringify(next) !== JSON.stringify(this.props);
    }
    override render() {
      const Inner = render as (props: P) => ComponentChild;
      return <Inner {...this.props} />;
    }
  };
}
